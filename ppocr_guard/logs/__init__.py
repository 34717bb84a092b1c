"""Reads what a run left behind (train.log of any release, journal) into events."""
