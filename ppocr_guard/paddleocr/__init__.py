"""The only folder that knows PaddleOCR: seams, ways in, releases, ratios of live objects."""
