"""Labels of text recognition as PaddleOCR sees them. Pure: no paddle, no numpy, no files."""
