"""ppocr_guard: the guard for PaddleOCR fine-tuning."""

__version__ = "0.1.0"
