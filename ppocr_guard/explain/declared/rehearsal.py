"""What only a rehearsal tells."""

from __future__ import annotations

from ppocr_guard.explain.declared.shared import ENDS, FOREVER, NONE
from ppocr_guard.explain.told import tell

tell(
    "samples_fail",
    evidence=(
        "A sample of the first batches cannot be made: critical when more than "
        "{rehearsed_data.MANY:.0%} cannot. Where an operator merely leaves samples out, up to "
        "{rehearsed_data.FEW:.0%} (labels: {rehearsed_data.SOME:.0%}) is a hint."
    ),
    cost=(
        "What fails is never trained on; where nearly all fail, the training hangs at its first "
        "step without a word."
    ),
    mistaken="The first samples may be worse than the rest of the set.",
    issues=(15833, 17361),
)
tell(
    "sample_hangs",
    evidence=(
        "One sample takes longer than 10 s, or the process is silent for {process.SILENT_SECONDS:g}"
        " s."
    ),
    cost=FOREVER,
    mistaken="Files on a network that is slow at this moment.",
)
tell(
    "batch_uneven",
    evidence="The samples of one batch have different shapes, or cannot be stacked.",
    cost=(
        "The training ends at its first batch; of Eval, at the first evaluation, when the time "
        "until then is spent."
    ),
    mistaken=ENDS,
    issues=(672,),
)
tell(
    "targets_empty",
    evidence="None of at least 4 training samples has a text in its shrink map.",
    cost="The loss stands at 1.0 and hmean is 0: the whole run is lost.",
    mistaken="The first samples happen to have no large text.",
    issues=(13159,),
)
tell(
    "images_unscaled",
    evidence=(
        "A value in an image is above {rehearsed_data.LARGEST:g} in size, where normalised ones lie"
        " within about 3."
    ),
    cost=(
        "Pretrained weights are of no use on such numbers, and the loss often becomes NaN: the run "
        "is lost."
    ),
    mistaken="A model of your own that is made for raw values.",
)
tell(
    "eval_images_small",
    evidence=(
        "The longest side of the validation images is below {rehearsed_data.SMALL:.0%} of that of "
        "the training images (detection)."
    ),
    cost="Texts are too small to be found: hmean is near 0 though the model is good.",
    mistaken="Small images with large texts.",
)
tell(
    "training_crashes",
    evidence="The loop itself ended with an error, or its process died.",
    cost=(
        "The training would end in the same place: within the first step, or after hours at the "
        "first evaluation or save."
    ),
    mistaken=(
        "Another machine or Python than the one that trains: rehearse where you train (--python)."
    ),
)
tell(
    "weights_partial",
    evidence=(
        "Some tensors are not in the file with their shape, and the backbone's fit to at least "
        "{rehearsed_model.MOSTLY:.0%}."
    ),
    cost=(
        "The parts named begin from random weights: some thousand steps until they have caught up."
    ),
    mistaken="Usual with a new head or a backbone from classification: that is why it is a hint.",
    issues=(4156,),
)
tell(
    "part_without_gradient",
    evidence=(
        "A rehearsal: after the first steps no weight of a part, or of the whole model, has a "
        "gradient. A training: none had one in {invariants.LOOKS} steps that were looked at."
    ),
    cost="That part stays as it was loaded or drawn at random, for the whole run.",
    mistaken="A part that only acts in evaluation, or that is frozen on purpose.",
)
tell(
    "ctc_steps_too_few",
    evidence=(
        "A label of the first batches needs more time steps than the model gave; critical when more"
        " than {rehearsed_model.MANY:.0%} do."
    ),
    cost=(
        "These texts are not learned, however long it trains, and the mean loss looks better for "
        "it."
    ),
    mistaken="A few overlong lines that you can do without.",
)
tell(
    "postprocess_blind",
    evidence="A perfect prediction of at least 3 texts gives no box.",
    cost="hmean is 0 at every evaluation, whatever is learned: there is never a best_accuracy.",
    mistaken=NONE,
)
tell(
    "evaluation_slow",
    evidence=(
        "A rehearsal: evaluations would take more than twice the time of all steps, and more than "
        "{summary.SLOW_HOURS:g} hours. A training: they have taken {EvaluationPace.factor:g} times "
        "as long as all steps, and {EvaluationPace.seconds:g} s at least."
    ),
    cost="Hours in which nothing is learned: the finding names how many.",
    mistaken=(
        "The hours of a rehearsal are projected from a few images; a detector that finds fewer "
        "false boxes later evaluates faster."
    ),
    issues=(6292, 1914, 18054, 6796),
)
tell(
    "memory_short",
    evidence=(
        "The first minute took more than {summary.FULL:.0%} of the memory that was free, or ran out"
        " of it."
    ),
    cost="The training is killed at a larger batch or image, most often at the first evaluation.",
    mistaken="Other processes held memory while it was rehearsed.",
    issues=(13759, 14406, 14633),
)
tell(
    "device_missing",
    evidence="use_gpu is true, and paddle of this Python has no CUDA.",
    cost="The training ends at once.",
    mistaken="It is rehearsed on another machine than it trains on.",
    issues=(4750,),
)
tell(
    "rehearsal_incomplete",
    evidence="The time limit (--timeout) was reached, or a download that a rehearsal does not do.",
    cost="Nothing yet: what comes after that point was not tried.",
    mistaken="It is no mistake of yours.",
)
