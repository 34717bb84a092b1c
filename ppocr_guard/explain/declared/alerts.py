"""The alerts of a training, but for those of the shrink ratio."""

from __future__ import annotations

from ppocr_guard.explain.told import tell

tell(
    "hmean_collapse",
    evidence=(
        "The metric stays more than {HmeanTrend.collapse_drop:.0%} below its best, for "
        "{HmeanTrend.collapse_patience} evaluations at least (more in a run that made big moves or "
        "came back from dips; {collapse.CollapseDetector.SUSPECT_PATIENCE} when the shrink ratio is"
        " known to be wrong). In a run that was calm for long, more than {collapse.SLIDE.drop:.0%} "
        "for {collapse.SLIDE.patience} evaluations. The best must have reached "
        "{HmeanTrend.floor:g}."
    ),
    cost=(
        "Unless it comes back, every step from here on is lost; the alert says how many of the real"
        " runs with such a dip did. best_accuracy is safe."
    ),
    mistaken=(
        "A run that comes back all the same: the alert ends by itself when it does. Tiny validation"
        " sets, where a few images move hmean by half."
    ),
    issues=(13669, 10042),
)
tell(
    "hmean_declined",
    evidence=(
        "The metric stays more than {collapse.DECLINE.drop:.0%} below its best for "
        "{collapse.DECLINE.patience} evaluations at least, and it is no collapse."
    ),
    cost=(
        "The weights of now are worse than best_accuracy; the time since then is lost if it does "
        "not come back."
    ),
    mistaken=(
        "A dip that passes, such as after a restart of the learning rate: most of these come to "
        "nothing worse."
    ),
)
tell(
    "hmean_not_learning",
    evidence=(
        "The best is below {Progress.worthless:g} after {HmeanTrend.not_learning_after} evaluations"
        " past the warm-up, has stood still for half of all, a quarter of the run is over, and the "
        "loss no longer falls; later in a run less is asked."
    ),
    cost=(
        "The rest of the run brings nothing: stopping and correcting the cause saves all of its "
        "time."
    ),
    mistaken=(
        "A hard task from scratch, whose metric rises late: recognisers are asked for norm_edit_dis"
        " before (learns_slowly)."
    ),
    issues=(10877,),
)
tell(
    "learns_slowly",
    evidence="As hmean_not_learning, but norm_edit_dis rises.",
    cost="Only patience: acc begins to rise when whole texts come out right.",
    mistaken=(
        "A model that reads single characters and never whole texts, for example because labels are"
        " cut: look at the table of the worst texts."
    ),
)
tell(
    "hmean_plateau",
    evidence=(
        "The best has not risen by more than {HmeanTrend.min_delta:g} for "
        "{HmeanTrend.plateau_patience} evaluations, and for a third of all."
    ),
    cost="The time of the epochs to come, for a gain that you would hardly measure.",
    mistaken=(
        "A schedule that lowers the learning rate later: a last rise often comes then. That is why "
        "it never stops a run."
    ),
)
tell(
    "hmean_unstable",
    evidence=(
        "The metric fell below {Stability.depth:.0%} of its best (of {Stability.floor:g} at least) "
        "and came back."
    ),
    cost=(
        "Which checkpoint is good becomes chance: the last weights may be from a dip. Take "
        "best_accuracy."
    ),
    mistaken="A tiny validation set, or the first evaluations of a model that learns fast.",
)
tell(
    "overfitting",
    evidence=(
        "For {Overfitting.patience} evaluations in a row the metric is more than "
        "{Overfitting.decline:.0%} (and twice its own noise) below its best, and the loss more than"
        " {Overfitting.loss_gain:.0%} below what it was then."
    ),
    cost=(
        "The weights get worse on new images with each epoch: best_accuracy is what you have, and "
        "more epochs cost only time."
    ),
    mistaken=(
        "A validation set of another kind than the training set: the picture is the same, the cause"
        " is forgetting (other_domain)."
    ),
    issues=(3098, 3616, 3530),
)
tell(
    "below_baseline",
    evidence=(
        "After {hmean_trend.BELOW_AFTER} evaluations the best is still more than "
        "{baseline.MARGIN:g} below the score before the first step (and more than "
        "{baseline.SPREAD:g} standard errors, where that was scored on some of the images)."
    ),
    cost=(
        "The training makes the weights worse: the file that you started from is better than all "
        "checkpoints of the run."
    ),
    mistaken="Weights that know the validation set already, because they were trained on it.",
    issues=(6496, 5262),
)
tell(
    "loss_not_finite",
    evidence=(
        "A step whose loss is NaN or infinite is a warning. It is critical after "
        "{LossHealth.consecutive} in a row ({LossHealth.consecutive_amp} with AMP), when "
        "{NotFinite.share:.0%} of the recent {NotFinite.span} are so, or when weights are found "
        "that are not finite. A rehearsal tells it of its first steps."
    ),
    cost=(
        "When it stays so all weights are NaN, and nothing after it can be used: go back to the "
        "best checkpoint. PaddleOCR goes on and overwrites `latest`; the guard does not let it."
    ),
    mistaken="Single steps under AMP, which its scaler skips: they stay a warning, and pass.",
    issues=(2794, 10042, 11031),
)
tell(
    "loss_diverged",
    evidence=(
        "A mean of the loss over {LossHealth.warmup} steps stays above "
        "{LossHealth.diverged_factor:g} times its lowest, and {Divergence.initial_factor:g} times "
        "the first loss, for as many steps."
    ),
    cost=(
        "What was learned is being lost: the weights after it are worse than best_accuracy, and "
        "often end in NaN."
    ),
    mistaken="A change of the data in mid-run on purpose (harder images), after a very low loss.",
)
tell(
    "loss_degenerate",
    evidence=(
        "For {LossHealth.degenerate_steps} steps in a row the shrink loss is 0 and the binary loss "
        "1 (no text in any map), or the total loss is the very same number. A rehearsal tells a "
        "loss that is the same for all batches."
    ),
    cost="Nothing is learned from here on; from the first step on, the whole run is lost.",
    mistaken="A loss that prints a constant and trains all the same, such as one of your own.",
    issues=(13159,),
)
tell(
    "data_pipeline_failing",
    evidence=(
        "{LossHealth.max_errors} samples fail while one batch is waited for, or one fails and the "
        "wait is {LossHealth.max_wait_seconds:g} s long (both critical), or "
        "{LossHealth.max_error_share:.0%} of all samples fail over {loss_health.LossHealth.STRETCH}"
        " steps."
    ),
    cost=(
        "What fails is never trained on, and each try costs time; where nearly all fail the "
        "training stands for ever, with the GPU idle. Only AutoStop: {{on: "
        "[data_pipeline_failing]}} ends it."
    ),
    mistaken="A slow disk that also has some broken files: the waiting is then the disk's.",
    issues=(15833, 17361, 6062),
)
tell(
    "loader_slow",
    evidence=(
        "{LoaderPace.share:.0%} of the time and more of each of {LoaderPace.stretches} stretches "
        "(of {LoaderPace.steps} steps and {LoaderPace.seconds:g} s at least) goes into waiting for "
        "a batch; the first stretch and the first step of an epoch are left out."
    ),
    cost="Hours, not quality: the GPU idles for the share of the time that the alert names.",
    mistaken="Another job on the same machine or disk, which is gone tomorrow.",
)
tell(
    "memory_growing",
    evidence=(
        "The memory (host or GPU) has grown at {Growth.times} evaluations in a row, by more than "
        "{Growth.least:g} MiB and {Growth.share:.0%}; the first is left out."
    ),
    cost=(
        "The process is killed when memory is full, most often at night: all since the last save is"
        " lost."
    ),
    mistaken="Caches that fill up slowly and then stop, such as of a data set in memory.",
    issues=(3235, 3297, 1400, 16613),
)
tell(
    "targets_wrong",
    evidence=(
        "Of a detector: the labels, as a perfect prediction, score below {facts.FITS:g}, and "
        "another unclip_ratio or threshold brings at least {facts.GAIN:g} more. Of a recogniser: "
        "from {reading.ALTERED:.0%} of the labels on hold unknown characters, or "
        "{reading.REFUSED:.0%} are refused. It is told when one of its causes has a confidence of "
        "{entry.SURE:.0%} or more."
    ),
    cost=(
        "No training can reach more than these labels do through this postprocess or dictionary: "
        "the ceiling is there from the first step."
    ),
    mistaken=(
        "16 images and lines are looked at: a set with few bad ones may show them all there, or "
        "none."
    ),
)
tell(
    "labels_wrong",
    evidence=(
        "The training labels of the 16 images looked at lie on the text only after a change that is"
        " the same for all, or a model that knows the validation labels (a score of {facts.GOOD:g} "
        "and more) contradicts them (below {facts.POOR:g}). It is told when one of its causes has a"
        " confidence of {entry.SURE:.0%} or more."
    ),
    cost=(
        "The model unlearns what it knew, and learns the mistake: hmean or acc falls from the first"
        " epoch on."
    ),
    mistaken=(
        "Training texts of a kind that the pretrained model has never seen: it contradicts labels "
        "that are right."
    ),
)
tell(
    "eval_mismatch",
    evidence=(
        "The model knows the same images one way ({facts.GOOD:g} and more) and not the other (below"
        " {facts.POOR:g}, or under {facts.WORSE:.0%} of it): training's transforms against Eval's, "
        "or training labels against validation labels. It is told when one of its causes has a "
        "confidence of {entry.SURE:.0%} or more."
    ),
    cost=(
        "The weights are fine, and the score is wrong: best_accuracy is chosen by chance, and a "
        "good run is taken for a bad one."
    ),
    mistaken="A validation set that is meant to be harder, or of another kind.",
)
tell(
    "training_wrong",
    evidence=(
        "An examination shows that maps or predictions do not depend on the image, that weights do "
        "not change or shrink, that the learning rate is 0, or that loaded weights knew nothing. It"
        " is told when one of its causes has a confidence of {entry.SURE:.0%} or more."
    ),
    cost=(
        "The run learns nothing, or loses what it knew: its time is lost until the named setting is"
        " corrected."
    ),
    mistaken="Parts that are frozen on purpose: then only the named part is meant to stand still.",
)
tell(
    "data_changed",
    evidence=(
        "The validation images or labels of an examination are no longer those of the first one, or"
        " a figure of the training batches left its range ({Jump.sigmas:g} standard deviations and "
        "{Jump.least:g}) {Jump.ROW} times in a row."
    ),
    cost=(
        "Scores before and after cannot be compared, and best_accuracy may be of the old set: hours"
        " of training are judged by the wrong yardstick."
    ),
    mistaken="You added data in mid-run on purpose.",
)
tell(
    "mediocre",
    evidence=(
        "Other thresholds or another unclip_ratio bring at least {facts.GAIN:g} on training and "
        "validation images alike, since before the first step; or the model keeps {facts.KEEPS:.0%}"
        " on training images and has lost the validation images for {facts.LONG} examinations. It "
        "is told when one of its causes has a confidence of {entry.SURE:.0%} or more."
    ),
    cost=(
        "The score is lower than it need be: the named setting costs no training at all; of "
        "overfitting, each further epoch costs time and quality."
    ),
    mistaken="Settings that you chose for other images than these.",
)
