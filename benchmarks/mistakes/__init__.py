"""Mistakes that people make in training configurations, and which of them are told."""
