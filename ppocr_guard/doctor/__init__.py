"""``ppocr-guard doctor``: will this Python train this PaddleOCR, and will the guard see it?"""
