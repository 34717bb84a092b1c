"""Tasks beside detection and plain CTC recognition, trained for a moment by a whole PaddleOCR.

``python -m benchmarks.tasks --paddleocr CLONE``: MultiHead (CTC and NRTR), direction classifier,
KIE (SDMGR), table (SLANet) and distillation, each from the stock configuration with small synthetic
data, under the guard. Asked is whether the guard follows the right indicator and says nothing
false.
"""
