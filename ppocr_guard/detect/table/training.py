"""Rows of the decision table: how training is done."""

from __future__ import annotations

from ppocr_guard.detect.table.entry import MEDIOCRE, TRAINING_WRONG, Entry
from ppocr_guard.detect.table.targets import LABEL_CAUSES

_OF_MODEL = ("network_dead", "pretrained_wrong", "weights_frozen", "evaluation_set", "overfitting")

NOT_FINITE = Entry(
    code="loss_not_finite",
    when=((0.98, ("loss_not_finite",)), (0.9, ("weights_broken", "metric_low"))),
    phrases=("The loss became NaN or infinite; the weights are lost from there on.",),
    remedy="not_finite",
    look="NaN in the log's loss",
    explains=("network_dead", "learning_rate_too_high", "pretrained_wrong", "evaluation_set",
              "overfitting", *LABEL_CAUSES),
)  # fmt: skip

TRAINING: tuple[Entry, ...] = (
    Entry(
        code="learning_rate_zero",
        when=((0.97, ("rate_zero", "weights_still")), (0.9, ("rate_zero",))),
        phrases=("The learning rate is 0 since the first step: no weight changes.",),
        remedy="rate_zero",
        look="the learning rate in the log",
        explains=("weights_frozen", "network_dead", "pretrained_wrong", "evaluation_set"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="weights_frozen",
        when=(
            (0.93, ("weights_still", "not rate_zero")),
            (0.88, ("part_frozen", "metric_low")),
            (0.88, ("part_frozen", "never_good")),
            (0.88, ("weights_hardly_move", "never_good", "unless rate_zero")),
            (0.8, ("mostly_frozen", "never_good")),
        ),
        against=("loss_not_finite", "rate_fading"),
        phrases=(
            "The optimizer does not change {still_parts}: frozen, or not among the parameters "
            "that it was given.",
            "In {steps} steps the weights moved by {weights_moved} of their length, at a learning "
            "rate up to {learning_rate}: what the optimizer makes of it is next to nothing (its "
            "epsilon, clipped gradients, weights of the loss).",
            "The optimizer does not change the weights: frozen, or not among the parameters that "
            "it was given.",
        ),
        remedy="frozen",
        look="stop_gradient of the parameters, and what the optimizer was given",
        explains=("network_dead", "pretrained_wrong", "evaluation_set"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="loss_part_zero",
        when=((0.93, ("loss_term_zero",)),),
        against=("train_without_text", "ratio_above_one"),
        phrases=("{zero_terms} of the loss is exactly 0 in every step, and there is text: nothing "
                 "is learned from it.",),
        remedy="loss_weights",
        look="the weights in the Loss section",
        explains=("network_dead", "weights_frozen", "pretrained_wrong", "evaluation_set",
                  "learning_rate_too_high"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="loss_weights_wrong",
        when=((0.9, ("loss_term_huge",)),),
        phrases=("A term of the loss is {largest_term}: its weight in the Loss section drowns "
                 "all others.",),
        remedy="loss_weights",
        look="the weights in the Loss section",
        explains=("loss_not_finite", "learning_rate_too_high", "network_dead"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="weight_decay_too_strong",
        when=(
            (0.93, ("lost_for_long", "weights_shrank")),
            (0.89, ("weights_shrank", "metric_low")),
            (0.89, ("weights_shrank", "never_good")),
        ),
        phrases=("{weights_smaller} of the weights are nearer to 0 than at the start: the "
                 "regularizer is stronger than what the loss teaches.",
                 "The weights shrink: the regularizer is stronger than what the loss teaches.",),
        remedy="weight_decay",
        look="Optimizer.regularizer.factor",
        explains=("learning_rate_too_high", "network_dead", "forgetting", "other_domain",
                  "pretrained_wrong", "overfitting"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="learning_rate_too_high",
        when=(
            (0.95, ("loss_diverged", "rate_large")),
            (0.93, ("maps_were_alive", "maps_dead", "rate_large")),
            (0.93, ("lost_for_long", "rate_large")),
            (0.9, ("lost_for_long", "weights_far")),
            (0.9, ("lost_for_long", "loss_risen")),
            (0.88, ("metric_low", "knew_train_eval", "fails_train_eval", "rate_large")),
            (0.88, ("metric_low", "knew_train_eval", "fails_train_eval", "weights_far")),
            (0.85, ("metric_low", "knew_train_eval", "fails_train_eval", "loss_risen")),
            (0.85, ("metric_low", "rate_large", "loss_risen")),
            (0.8, ("never_good", "rate_large", "fails_train_eval")),
            (0.65, ("metric_low", "rate_large", "not examined")),
            (0.6, ("loss_diverged",)),
            (0.5, ("metric_low", "loss_risen", "not examined")),
        ),
        against=("labels_contradict", "train_labels_moved", "targets_fail", "weights_shrank",
                 "labels_want_threshold"),
        phrases=(
            "The model knew the training labels ({first_train_eval}) and lost them "
            "({model_train_eval}), with a learning rate up to {learning_rate}: the steps are too "
            "large.",
            "The training loss rose ({loss_reference} to {loss}), with a learning rate up to "
            "{learning_rate}: the steps are too large.",
            "The learning rate {learning_rate} is very high: the steps are too large.",
            "The training loss rose: the steps are too large.",
        ),
        remedy="learning_rate",
        look="a run with a tenth of the learning rate",
        explains=("forgetting", "pretrained_wrong", "evaluation_set", "network_dead"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="overfitting",
        when=(
            (0.9, ("val_lost_for_long", "knows_train_eval", "knew_train_eval")),
            (0.85, ("metric_low", "knows_train_eval", "fails_val", "loss_fallen")),
            (0.85, ("metric_low", "knows_train_eval", "fails_val", "knew_val")),
            (0.7, ("metric_low", "knows_train", "fails_val", "knew_val")),
            (0.75, ("seen_overfitting", "knows_train_eval")),
            (0.75, ("seen_overfitting", "loss_fallen", "not examined")),
            (0.55, ("loss_fallen", "metric_low", "not examined", "not balanced")),
        ),
        against=("targets_fail", "labels_contradict", "rescored_recovers", "val_changed",
                 "val_files_changed", "never_good", "val_rescued"),
        phrases=(
            "The model is right on training images ({model_train_eval}) and has lost validation "
            "images ({model_val}; {first_val} before the first step).",
            "The training loss went on falling ({loss_at_best} to {loss}) while the validation "
            "metric fell from {best} to {value}.",
        ),
        remedy="overfitting",
        look="hmean on training images",
        condition=MEDIOCRE,
    ),
    Entry(
        code="other_domain",
        when=(
            (0.88, ("metric_low", "sets_look_different", "knows_train_eval", "fails_val")),
            (0.6, ("metric_low", "knew_val", "foreign_train_eval", "knows_train_eval")),
        ),
        against=("train_labels_moved", "train_labels_off", "train_labels_split"),
        phrases=(
            "Through the same transforms the mean of the training images is {look_train}, and that "
            "of the validation images {look_val}; the model is right on the one "
            "({model_train_eval}) and not on the other ({model_val}): they are of another kind.",
            "The model learned the training images ({first_train_eval} to {model_train_eval}) and "
            "forgot the validation images ({first_val} to {model_val}): the two are of another "
            "kind, or are labelled otherwise.",
        ),
        remedy="domain",
        look="a few images of both sets side by side",
        explains=("overfitting", "evaluation_set"),
    ),
    Entry(
        code="pretrained_wrong",
        when=(
            (0.97, ("pretrained", "weights_do_not_fit")),
            (0.9, ("pretrained", "weights_fit", "knew_nothing", "labels_on_text")),
            (0.8, ("pretrained", "never_good", "foreign_train_eval", "foreign_val",
                   "foreign_train")),
            (0.65, ("pretrained", "never_good", "first_bad", "dice_foreign", "not examined")),
            (0.5, ("pretrained", "never_good", "first_bad", "not examined", "unless knew_train")),
        ),
        against=("maps_dead", "weights_broken", "targets_fail", "labels_want_threshold",
                 "train_labels_moved"),
        phrases=(
            "The run starts from a pretrained model, which knew neither training labels "
            "({first_train_eval}) nor validation labels ({first_val}): the weights are of another "
            "model or were not loaded.",
            "The run starts from a pretrained model, yet its first evaluation gave {first}: the "
            "weights are of another model or were not loaded.",
        ),
        remedy="pretrained",
        look="'The shape of model params' and 'not in model' at the start of the log",
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="network_dead",
        when=(
            (0.93, ("maps_dead", "unless maps_were_alive")),
            (0.6, ("maps_dead",)),
            (0.9, ("weights_broken", "unless maps_were_alive")),
            (0.6, ("weights_broken",)),
            (0.7, ("dice_near_one", "no_boxes", "loss_still", "never_good")),
        ),
        against=("train_without_text", "rate_zero"),
        phrases=(
            "Nothing gets through the network: its maps do not depend on the image, or are not "
            "finite (variation {variation_val}). NaN in the images or in the weights does this: "
            "ReLU makes 0 of it.",
            "Not one box, and the training loss does not move ({loss_first} to {loss}): nothing "
            "gets through the network. NaN in the images or in the weights does this (ReLU makes "
            "0 of it).",
        ),
        remedy="dead",
        look="NaN in the pretrained weights, and a std of 0 in NormalizeImage",
        explains=("pretrained_wrong", "evaluation_set", "labels_shifted", "transforms_differ",
                  "learning_rate_too_high"),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="data_pipeline_failing",
        when=((0.9, ("samples_fail", "unless targets_fail")), (0.5, ("samples_fail",))),
        phrases=("PaddleOCR failed to load samples {data_errors} times and trains on the rest."
                 "{data_message}",),
        remedy="pipeline",
        look="the errors in the log",
        explains=(),
    ),
    Entry(
        code="ranks_differ",
        when=((0.97, ("ranks_apart",)),),
        phrases=(
            "The weights of the ranks are no longer the same ({apart}; {difference} of their "
            "length): each trains a model of its own, and rank 0's is the one that is saved.",
            "The weights of the ranks are no longer the same: each trains a model of its own, and "
            "rank 0's is the one that is saved.",
        ),
        remedy="ranks",
        look="code that loads or changes weights on one rank, or outside of DataParallel",
        explains=("learning_rate_too_high", *_OF_MODEL),
        condition=TRAINING_WRONG,
    ),
    Entry(
        code="part_without_gradient",
        when=(
            (0.94, ("no_gradient", "never_good")),
            (0.9, ("no_gradient",)),
        ),
        against=("loss_not_finite", "train_without_text", "ratio_above_one"),
        phrases=(
            "No weight of {parts_without_gradient} gets a gradient from the loss, though the "
            "optimizer has it: it is cut off from the loss, and learns nothing.",
            "A part of the network gets no gradient from the loss: it learns nothing.",
        ),
        remedy="gradient",
        look="detach() and no_grad() in the model and the loss, and what the loss reads",
        explains=_OF_MODEL,
        condition=TRAINING_WRONG,
    ),
)  # fmt: skip
