"""What the label files say: lines, polygons, ignored texts, and how they fit their images."""

from __future__ import annotations

from collections.abc import Iterator

from ppocr_guard.audit.context import Context
from ppocr_guard.audit.images import SizedSample, image_sizes
from ppocr_guard.audit.labels import signed_area
from ppocr_guard.audit.problem import Finding
from ppocr_guard.audit.recognition import label_encoder
from ppocr_guard.audit.rule import rule
from ppocr_guard.wording import mark, say

MODES = ("Train", "Eval")
# Shares from which a label file is worth a word ...
BROKEN = 0.01  # of its lines: critical
IGNORED = 0.9  # of its texts
TEXTLESS = 0.5  # of its images
DEGENERATE = 0.001  # of its texts
SHARES = 0.5  # of its texts that are not ignored, given as shares of the image: critical
OUTSIDE = 0.02  # of the images looked at
SLACK = 0.1  # of a text's longer side, by which it may stick out
SMALL_SHARE = 0.5  # of the texts looked at
FULL = 0.5  # of an image's area, covered by one text
NONE_READ = mark("{file} is written in {encoding}: PaddleOCR can read no line of it.")
SOME_READ = mark(
    "{file} is written in {encoding}: PaddleOCR cannot read {count} of its {lines} lines."
)
OF_RECOGNITION = mark("A line is: image, tab, text.")
OF_DETECTION = mark("A line is: image, tab, JSON list of texts with transcription and points.")
ALL_IGNORED = mark("All {boxes} texts of the {mode} set are marked ### or *, which means: ignore.")
MOST_IGNORED = mark(
    "{ignored} of {boxes} texts of the {mode} set are marked ### or *, which means: ignore."
)


@rule(
    "label_lines_broken",
    "critical",
    "PaddleOCR skips a line that does not parse and tries another, for ever "
    "(SimpleDataSet.__getitem__; issue 7719: a space where the tab should be)",
    reads="labels",
)
def label_lines_broken(ctx: Context) -> Iterator[Finding]:
    for mode, path, file in ctx.label_files():
        if file.broken.first is not None:
            line, reason = file.broken.first
            yield Finding(
                path,
                say(
                    "{count} of {lines} lines of {file} cannot be used; line {line} {reason}.",
                    count=file.broken.count,
                    lines=file.lines,
                    file=str(file.path),
                    line=line,
                    reason=reason,
                ),
                say(OF_RECOGNITION if label_encoder(ctx, mode) else OF_DETECTION),
                severity="critical" if file.broken.count > BROKEN * file.lines else "warning",
            )


@rule(
    "label_encoding",
    "critical",
    "PaddleOCR reads label files as UTF-8 without a byte order mark, line by line "
    "(ppocr/data/simple_dataset.py); Windows' editors save others",
    reads="labels",
)
def label_encoding(ctx: Context) -> Iterator[Finding]:
    for _, path, file in ctx.label_files():
        if file.encoding is not None:
            yield Finding(
                path,
                say(
                    NONE_READ if file.unread == file.lines else SOME_READ,
                    file=str(file.path),
                    encoding=file.encoding,
                    count=file.unread,
                    lines=file.lines,
                ),
                say("Save it as UTF-8 (iconv -f {encoding} -t UTF-8).", encoding=file.encoding),
            )
        elif file.mark:
            yield Finding(
                path,
                say(
                    "{file} begins with a byte order mark, which becomes part of the first "
                    "image's name: that image is not found.",
                    file=str(file.path),
                ),
                say("Save it as UTF-8 without BOM."),
                severity="warning",
            )


@rule(
    "all_ignored",
    "critical",
    "texts with the transcription ### or * are masked out of the loss: with nothing else the loss "
    "stays at 1.0 and hmean falls (issue 13159)",
    reads="labels",
)
def all_ignored(ctx: Context) -> Iterator[Finding]:
    for mode in MODES:
        files = [file for file in ctx.labels(mode) if not file.error]
        boxes, ignored = sum(f.boxes for f in files), sum(f.ignored for f in files)
        if boxes and ignored > IGNORED * boxes:
            yield Finding(
                (mode, "dataset", "label_file_list"),
                say(
                    ALL_IGNORED if ignored == boxes else MOST_IGNORED,
                    boxes=boxes,
                    ignored=ignored,
                    mode=mode.lower(),
                ),
                say("Write the text, or any other word, into transcription."),
                severity="critical" if ignored == boxes else "warning",
            )


@rule(
    "no_text",
    "warning",
    "DetLabelEncode drops images without texts and tries another (ppocr/data/imaug/label_ops.py)",
    reads="labels",
)
def no_text(ctx: Context) -> Iterator[Finding]:
    for _, path, file in ctx.label_files():
        parsed = file.lines - file.broken.count
        if parsed and file.without_boxes > TEXTLESS * parsed:
            every = file.without_boxes == parsed
            yield Finding(
                path,
                say(
                    "{count} of {parsed} images of {file} have no text at all; {then}.",
                    count=file.without_boxes,
                    parsed=parsed,
                    file=str(file.path),
                    then=say("loading data never ends")
                    if every
                    else say("they are never trained on"),
                ),
                say("Remove these lines, or label the images."),
                severity="critical" if every else "warning",
            )


@rule(
    "polygon_degenerate",
    "warning",
    "a text without area, or with its corners not in order around it, gives no or a wrong shrink "
    "map (ppocr/data/imaug/make_shrink_map.py)",
    reads="labels",
)
def polygon_degenerate(ctx: Context) -> Iterator[Finding]:
    for _, path, file in ctx.label_files():
        shares = file.shares
        if shares.first is not None and shares.count > max(1, DEGENERATE * file.boxes):
            yield Finding(
                path,
                say(
                    "{count} of {boxes} texts of {file} have coordinates between 0 and 1, which "
                    "are shares of the image: PaddleOCR takes them for pixels and drops these "
                    "texts{then}. Line {line} {reason}.",
                    count=shares.count,
                    boxes=file.boxes,
                    file=str(file.path),
                    then=say("; loading data ends in an error or never")
                    if shares.count > SHARES * (file.boxes - file.ignored)
                    else "",
                    line=shares.first.line,
                    reason=shares.first.reason,
                ),
                say("Multiply x by the width and y by the height of the image, in pixels."),
                severity="critical"
                if shares.count > SHARES * (file.boxes - file.ignored)
                else "warning",
            )
        for trouble in (file.flat, file.crossed):
            if trouble.first is not None and trouble.count > max(1, DEGENERATE * file.boxes):
                yield Finding(
                    path,
                    say(
                        "{count} of {boxes} texts of {file}: line {line} {reason}.",
                        count=trouble.count,
                        boxes=file.boxes,
                        file=str(file.path),
                        line=trouble.first.line,
                        reason=trouble.first.reason,
                    ),
                    say(
                        "Points go around the text: top left, top right, bottom right, bottom left."
                    ),
                )


@rule(
    "polygons_outside",
    "warning",
    "texts outside their image are cut off; many of them mean labels of another size or image "
    "(such as images that were scaled or turned after labelling)",
    reads="images",
)
def polygons_outside(ctx: Context) -> Iterator[Finding]:
    for mode, path, file in ctx.label_files():
        sized = image_sizes(ctx, mode, file.samples)
        outside = [item for item in sized if _sticks_out(item)]
        if outside and len(outside) > max(1, OUTSIDE * len(sized)):
            one = outside[0]
            yield Finding(
                path,
                say(
                    "{count} of {looked} images looked at have texts outside: {image} (line "
                    "{line}) is {width} x {height}.",
                    count=len(outside),
                    looked=len(sized),
                    image=one.sample.image,
                    line=one.sample.line,
                    width=one.width,
                    height=one.height,
                ),
                say(
                    "Check that labels and images belong together; PaddleOCR heeds the "
                    "camera's EXIF orientation, labelling tools may not."
                ),
                severity="critical" if len(outside) > len(sized) / 2 else "warning",
            )


def _sticks_out(item: SizedSample) -> bool:
    """Whether a text's centre, or much of a side, is outside of its image."""
    for points in item.sample.polygons:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        slack = 2 + SLACK * max(max(xs) - min(xs), max(ys) - min(ys))
        if min(xs) < -slack or min(ys) < -slack:
            return True
        if max(xs) > item.width + slack or max(ys) > item.height + slack:
            return True
    return False


@rule(
    "texts_too_small",
    "warning",
    "MakeShrinkMap ignores texts lower or narrower than min_text_size pixels after resizing and "
    "cropping (ppocr/data/imaug/make_shrink_map.py; issue 17923: hmean 0 with tiny texts)",
    reads="images",
)
def texts_too_small(ctx: Context) -> Iterator[Finding]:
    shrink = ctx.transform("Train", "MakeShrinkMap")
    crop = ctx.transform("Train", "EastRandomCropData")
    size = crop.parameters.get("size") if crop else None
    if shrink is None or not isinstance(size, list) or len(size) != 2:
        return
    least = shrink.parameters.get("min_text_size", 8)
    if not all(isinstance(v, (int, float)) for v in (*size, least)):
        return
    small = total = 0
    for file in ctx.labels("Train"):
        for sample, width, height in image_sizes(ctx, "Train", file.samples):
            # A crop may be smaller than the image, and is then enlarged, but never beyond 1:1
            # for images that fit; of larger ones a crop of half the side is the usual case.
            scale = min(1.0, 2 * min(size[0] / width, size[1] / height))
            for points in sample.polygons:
                xs, ys = [p[0] for p in points], [p[1] for p in points]
                total += 1
                small += min(max(xs) - min(xs), max(ys) - min(ys)) * scale < least
    if total and small > SMALL_SHARE * total:
        yield Finding(
            (*shrink.path, "min_text_size"),
            say(
                "{small} of {total} texts looked at are smaller than min_text_size {least} in a "
                "crop of {width} x {height}: they are ignored.",
                small=small,
                total=total,
                least=least,
                width=size[0],
                height=size[1],
            ),
            say("Cut the images into tiles, train on larger crops, or lower min_text_size."),
        )


@rule(
    "texts_fill_images",
    "warning",
    "a detector that sees only text finds no border; images that are text lines already are for "
    "recognition (issue 10978: hmean 0 on small images with large text, cured by margins)",
    reads="images",
)
def texts_fill_images(ctx: Context) -> Iterator[Finding]:
    if not ctx.is_db:
        return
    for mode, path, file in ctx.label_files():
        sized = [item for item in image_sizes(ctx, mode, file.samples) if item.sample.polygons]
        full = [item for item in sized if _largest_share(item) > FULL]
        if sized and len(full) > len(sized) / 2:
            one = full[0]
            yield Finding(
                path,
                say(
                    "In {count} of {looked} images looked at one text fills more than half of "
                    "the image, such as {image} (line {line}).",
                    count=len(full),
                    looked=len(sized),
                    image=one.sample.image,
                    line=one.sample.line,
                ),
                say("Label whole pages or photos, or put a margin around these images."),
            )


def _largest_share(item: SizedSample) -> float:
    """Area of the image's largest text, as a share of the image."""
    largest = max(abs(signed_area(points)) for points in item.sample.polygons)
    return largest / (item.width * item.height)
