"""The packages that PaddleOCR's releases on PyPI leave out, in light versions of our own.

``modeling``, ``losses``, ``optimizer`` and ``metrics`` are copied under ``ppocr/`` of a
composed tree (:func:`ppocr_guard.demo.sources.compose`) and imported there by PaddleOCR's
``tools/train.py``. They are written from the papers, for text detection with DB and recognition
with CTC:

- Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI 2020
- Liao et al., "Real-Time Scene Text Detection with Differentiable Binarization and Adaptive
  Scale Fusion" (DB++), TPAMI 2022
- Karatzas et al., "ICDAR 2015 Competition on Robust Reading", ICDAR 2015
- Shi et al., "An End-to-End Trainable Neural Network for Image-Based Sequence Recognition" (CRNN),
  TPAMI 2017
- Sheng et al., "NRTR: A No-Recurrence Sequence-to-Sequence Model for Scene Text Recognition",
  ICDAR 2019
"""
