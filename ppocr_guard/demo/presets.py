"""Trainings that are small enough for two CPU cores and still show what is to be shown."""

from __future__ import annotations

from ppocr_guard.demo.configs import RunOptions

TOTAL_EPOCH = 500  # as the stock PP-OCRv4 detection configs have it

# From scratch on the default data set (200 images): hmean rises from 0 to above 0.8.
BASE = RunOptions(epoch_num=6, eval_batch_step=(0, 25))

# Going on from BASE: an evaluation five times an epoch, to see the fall in steps.
FINE_TUNE = RunOptions(
    epoch_num=4, learning_rate=0.001, warmup_epoch=2, eval_batch_step=(0, 5), print_batch_step=5
)
