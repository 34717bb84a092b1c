"""Decisions over number series. Pure: no paddle, no files, no clock."""
