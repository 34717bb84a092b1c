"""The first minute of a training, run on the user's own PaddleOCR and data; nothing is written.

This side runs in the Python that the user trains with, which may not have what the rest of the
guard needs: only the standard library is imported, and what PaddleOCR itself has loaded. It tells
facts; what they mean is said by :mod:`ppocr_guard.audit.rehearsal`.
"""
