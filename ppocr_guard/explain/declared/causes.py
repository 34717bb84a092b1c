"""Causes that the diagnosis of a detector names."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import SIXTEEN
from ppocr_guard.explain.told import tell

tell(
    "shrink_ratio_wrong",
    title="the texts are shrunk by another ratio than the config means",
    evidence=(
        "The ratio in force is not the due one, and the labels themselves fail the postprocess "
        "(below {facts.FITS:g}), or the same predictions match with another unclip_ratio. From a "
        "log alone: precision and recall are low and equal, with a total_epoch that some releases "
        "misread."
    ),
    cost="hmean is lost while the loss looks fine; the time from the first step on is lost.",
    mistaken=(
        "From a log alone, where only the curve speaks: a box for each text in the wrong place has "
        "other causes too (labels_shifted, unclip_mismatch)."
    ),
    issues=(13669,),
    releases=(("2.7.0", "2.8.1"),),
)
tell(
    "postprocess_mismatch",
    title="the thresholds of the postprocess do not suit the maps",
    evidence=(
        "Another thresh, box_thresh or max_candidates brings the labels, taken for a prediction, at"
        " least {facts.GAIN:g} of hmean more; or the model, everywhere and since before the first "
        "step."
    ),
    cost="hmean has a ceiling that no training lifts; the thresholds cost nothing to change.",
    mistaken=SIXTEEN,
)
tell(
    "labels_crossed",
    title="the corners of the training labels are not in order around the text",
    evidence="At least {facts.CROSSED:.0%} of the training polygons cross themselves.",
    cost=(
        "These texts are learned in a wrong shape: boxes come out cut or doubled, and hmean stays "
        "low."
    ),
    mistaken=SIXTEEN,
)
tell(
    "images_flat",
    title="the training images hold nothing: each is of one colour",
    evidence=(
        "The standard deviation of the training images is below {facts.FLAT:g} where the network "
        "gets them."
    ),
    cost="There is nothing to see, and nothing is learned: the whole run is lost.",
    mistaken="Pages that are nearly empty.",
)
tell(
    "labels_shifted",
    title="the training labels do not lie on the text",
    evidence=(
        "Moved alike, all training labels hold edges {facts.ON_TEXT:g} times as strong as the "
        "image's mean, and {facts.MOVED:g} times as strong as where they lie; or a model that knew "
        "the validation labels ({facts.GOOD:g} and more) contradicts them (below {facts.POOR:g}); "
        "or their sizes differ {facts.RESIZED:g} times."
    ),
    cost=(
        "The model unlearns where texts are: hmean falls from the first epoch, most often to 0. "
        "Corrected, the same run trained from 0.14 to 0.98 in our benchmark."
    ),
    mistaken=(
        "Lines and tables beside the text have strong edges too. From a curve alone it is a guess "
        "(its confidence says so)."
    ),
)
tell(
    "labels_split",
    title="training and validation labels mark different units: characters, words or lines",
    evidence=(
        "A box of the first model, which knows the validation labels, holds {facts.PIECES:g} "
        "training labels or more (or the other way round), against fewer of the validation labels."
    ),
    cost=(
        "The model is taught another unit than it is measured by: hmean falls to what the two units"
        " have in common."
    ),
    mistaken="Training texts that by nature stand denser than the validation texts.",
    issues=(11955,),
)
tell(
    "labels_incomplete",
    title="texts of the training images have no label",
    evidence=(
        "Of the first model's boxes in training images fewer lie on labels than in validation "
        "images (below {facts.WORSE:.0%} of it), while it finds most training labels."
    ),
    cost=(
        "Texts without a label are taught as background: recall falls, and the model learns to "
        "overlook texts like these."
    ),
    mistaken="Texts that are left out on purpose, such as watermarks.",
)
tell(
    "transforms_differ",
    title="training and evaluation prepare the images differently",
    evidence=(
        "On the same training images the first model scores {facts.GOOD:g} and more one way, and "
        "below {facts.POOR:g} (or under {facts.WORSE:.0%} of it) the other: as training sees them, "
        "and through Eval's transforms."
    ),
    cost=(
        "Where Eval is wrong, a good model gets a bad score and best_accuracy is chance; where "
        "Train is wrong, the model unlearns."
    ),
    mistaken="Heavy augmentation in training, under which a sound model is weak at first.",
)
tell(
    "evaluation_set",
    title="evaluation images and labels do not belong together, or are of another kind",
    evidence=(
        "The first model knows the training images ({facts.GOOD:g} and more, through Eval's "
        "transforms) and not the validation images (below {facts.POOR:g}); or the validation labels"
        " lie on no text, cross, are empty, lack much of the text that the model finds (in "
        "training images they lack none), or are those of other images or lines, be it in part of "
        "them."
    ),
    cost=(
        "All scores of the run are wrong: best_accuracy is chosen by chance, and the guard's "
        "judgement of the curve with it."
    ),
    mistaken=(
        "A validation set that is really of another kind: then it is no mistake, and the score is "
        "what to expect there."
    ),
)
tell(
    "evaluation_changed",
    title="the validation set was overwritten in mid-run",
    evidence=(
        "A quarter or more of the validation images looked at (16) are other files than at the "
        "start, by their checksums; or fewer than half of the labels are those of the first "
        "examination, or the images' mean or spread has changed by more than 5 %."
    ),
    cost="Scores before and after cannot be compared; best_accuracy may be of the old set.",
    mistaken="A data set of your own that draws other images at each evaluation.",
)
tell(
    "training_data_changed",
    title="the training data was exchanged in mid-run",
    evidence=(
        "A quarter or more of the training images looked at (16) are other files than at the "
        "start, by their checksums; or a figure of the training batches has left the range that it "
        "had ({Jump.sigmas:g} standard "
        "deviations, {Jump.least:g} at least) {Jump.ROW} times in a row."
    ),
    cost=(
        "What is trained on now is not what you began with: the model drifts to the new data, "
        "unseen."
    ),
    mistaken="Data in sorted order without shuffling.",
)
tell(
    "learning_rate_zero",
    title="the learning rate is 0",
    evidence="The learning rate has been 0 for at least 10 steps from the first on.",
    cost="No weight changes: the whole run brings nothing.",
    mistaken=(
        "A warm-up so long that the log prints 0.000000 for small rates: the guard reads the number"
        " itself where it runs live."
    ),
)
tell(
    "learning_rate_too_low",
    title="the learning rate is too low to change anything",
    evidence=(
        "`check` finds the learning rate too low (learning_rate_low), the metric never was worth "
        "anything, and the loss has not fallen from where it began."
    ),
    cost="The weights hardly change: the run brings nothing until the rate rises.",
    mistaken="A long warm-up that has just begun.",
)
tell(
    "ranks_differ",
    title="the ranks train different models",
    evidence=(
        "The weights of a rank differ from rank 0's by more than {invariants.APART:g} of their "
        "length; equal ones differ in no bit."
    ),
    cost=(
        "Each card trains a model of its own, on its own share of the data: the saved one has seen "
        "a part of them only, and the others' time is lost."
    ),
    mistaken="Parts that are kept apart on purpose, such as statistics that are not synchronised.",
)
tell(
    "weights_frozen",
    title="weights that should be trained do not change",
    evidence=(
        "Fewer than 1 % of the weights (of the model, or of one part while others move) have "
        "changed since the last look, or all of them moved by less than {facts.STILL:g} of their "
        "length, and the learning rate is not 0."
    ),
    cost=(
        "What is frozen stays as it was loaded or drawn: with random weights the run learns little "
        "or nothing."
    ),
    mistaken="Freezing a pretrained part on purpose, where the metric is low for another reason.",
)
tell(
    "loss_part_zero",
    title="a term of the loss is always 0",
    evidence=(
        "A term of the loss has been exactly 0 in every step, 10 at least, while the maps hold "
        "text."
    ),
    cost="What this term should teach is never learned; of the shrink map it is everything.",
    mistaken="A weight of 0 that you set on purpose.",
    issues=(11624,),
)
tell(
    "loss_weights_wrong",
    title="a term of the loss drowns all others",
    evidence="A term of the loss is 1 000 000 or more.",
    cost="This term drowns all others: nothing else is learned, and the loss soon becomes NaN.",
    mistaken="A loss of your own that is a sum over many pixels.",
)
tell(
    "weight_decay_too_strong",
    title="the regularizer is stronger than what the loss teaches",
    evidence=(
        "At least {facts.RULED:.0%} of the weights are nearer to 0 than at the start, or their "
        "length is below {facts.SHRUNK:.0%} of what it was."
    ),
    cost=(
        "The regularizer undoes what the loss teaches: the metric falls steadily, and a longer run "
        "makes it worse."
    ),
    mistaken="Training from large random weights, which shrink at first.",
)
tell(
    "learning_rate_too_high",
    title="the steps are too large: what was known is lost",
    evidence=(
        "The metric or the loss is lost after the model knew better, together with a very high "
        "rate, weights that went {facts.FAR:g} of their length away, or a risen loss."
    ),
    cost=(
        "Pretrained knowledge is destroyed within the first epochs and must be learned again from "
        "your own data, which is rarely enough."
    ),
    mistaken=(
        "A loss that rises for another reason, such as wrong labels; those are ruled out only where"
        " an examination shows them."
    ),
)
tell(
    "other_domain",
    title="the model learns training images of another kind and forgets the validation images",
    evidence=(
        "The first model knew the validation images ({facts.GOOD:g} and more) and not the training "
        "images (below {facts.POOR:g}), and now it is the other way round; or the model is right "
        "on training images and not on validation images, and the means of the two differ by more "
        "than {facts.COLOUR:g} after the same transforms."
    ),
    cost=(
        "What the weights could do before is lost: on images of the old kind the model is worse "
        "than the file that you started from."
    ),
    mistaken="Training labels that are wrong in a way that the examination does not see.",
    issues=(6032, 5730),
)
tell(
    "pretrained_wrong",
    title="the pretrained weights are of another model, or were not loaded",
    evidence=(
        "The config names weights, and hardly one fits, or the loaded model knows nothing (below "
        "0.1) on labels that lie on the text. A recogniser must read surely (confidence "
        "{reading.SURELY:g} and more) what has nothing in common with the labels; unsurely, only "
        "where it never becomes good."
    ),
    cost="It is a training from scratch: many times the epochs and data that you planned.",
    mistaken="Weights of a backbone alone, or of quite another kind of text.",
    issues=(8371, 4874),
)
tell(
    "network_dead",
    title="nothing gets through the network",
    evidence=(
        "The maps vary by less than {facts.DEAD:g} over images, or are not finite, or weights are "
        "not."
    ),
    cost="Nothing that enters comes out: the run is lost from the step on at which it happened.",
    mistaken="From a log alone a model that has not begun to learn looks the same.",
)
