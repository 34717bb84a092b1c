"""The training kit, synthetic text, released PaddleOCR sources, and the demo on them."""
