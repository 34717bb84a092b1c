"""The examination: labels and model scored on a small fixed sample, in the three places where a
training can part from its evaluation.

=============== ====================================================
``train``       training images as the training transforms make them
``train_eval``  the same images through the transforms of Eval
``val``         validation images
=============== ====================================================

Images are built in a forked process (:mod:`building`), the network is asked on the training
thread through PaddleOCR's own ``program.eval`` (:mod:`forward`), and everything else happens on a
background thread (:mod:`scoring`).
"""

from ppocr_guard.paddleocr.examination.examiner import Examiner

__all__ = ["Examiner"]
