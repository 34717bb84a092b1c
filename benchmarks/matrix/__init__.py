"""Which Python, paddle, numpy and PaddleOCR the guard was really tried with."""
