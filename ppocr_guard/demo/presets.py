"""Trainings that are small enough for two CPU cores and still show what is to be shown."""

from __future__ import annotations

from ppocr_guard.demo.configs import RunOptions
from ppocr_guard.demo.recognition import RecOptions

TOTAL_EPOCH = 500  # as the stock PP-OCRv4 detection configs have it

# From scratch on the default data set (200 images): hmean rises from 0 to above 0.8.
BASE = RunOptions(epoch_num=6, eval_batch_step=(0, 25))

# Going on from BASE: an evaluation five times an epoch, to see the fall in steps.
FINE_TUNE = RunOptions(
    epoch_num=4, learning_rate=0.001, warmup_epoch=2, eval_batch_step=(0, 5), print_batch_step=5
)

# A recogniser from scratch on REC_TRAIN lines of digits and lower-case letters: acc 0.85 in a
# minute; and going on from it, with an evaluation ten times an epoch.
REC_TRAIN, REC_VAL = 2000, 160
REC_BASE = RecOptions(epoch_num=9, eval_batch_step=(0, 60))
REC_FINE_TUNE = RecOptions(
    epoch_num=2, learning_rate=0.0005, warmup_epoch=0.2, eval_batch_step=(0, 6), print_batch_step=5
)
