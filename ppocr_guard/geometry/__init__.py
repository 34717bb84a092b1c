"""Shrink and unclip geometry: measured ratio, round trip. Needs numpy and OpenCV."""
