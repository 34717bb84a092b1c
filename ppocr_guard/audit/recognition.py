"""What a configuration makes of the labels of text recognition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

from ppocr_guard.audit.components import models
from ppocr_guard.audit.context import Context, Transform
from ppocr_guard.recognition.dictionary import Dictionary, DictionaryError, parse
from ppocr_guard.recognition.labels import ENCODERS, MULTI, Alphabet, Reader
from ppocr_guard.recognition.steps import time_steps
from ppocr_guard.wording import said_by, say
from ppocr_guard.yaml_source import YamlPath

MAX_TEXT_LENGTH, DICTIONARY, SPACE = "max_text_length", "character_dict_path", "use_space_char"
_OLD_LOWERING = ("NRTRLabelDecode", "ViTSTRLabelDecode", "ABINetLabelDecode")
PADDING = ("RecResizeImg", "SVTRRecResizeImg")  # that pad to one width


@dataclass(frozen=True)
class DictionaryFile:
    """The dictionary that a configuration names."""

    path: YamlPath  # where it is named
    name: str  # as it is named
    file: Path
    error: Optional[str] = None  # as "does not exist"
    read: Optional[Dictionary] = None
    is_text: bool = True  # False: it is there, and is no UTF-8


def label_encoder(ctx: Context, mode: str) -> Optional[Transform]:
    """The operator that makes numbers of a text; None: this is no recognition that is known."""
    known = {*ENCODERS, MULTI}
    return next((one for one in ctx.transforms(mode) if one.name in known), None)


def option(ctx: Context, transform: Optional[Transform], key: str) -> tuple[YamlPath, Any]:
    """(where it stands, value) of an operator's option: Global's goes before its own."""
    if key in (ctx.get("Global") or {}):
        return ("Global", key), ctx.get("Global", key)
    if transform is None:
        return ("Global", key), None
    return (*transform.path, key), transform.parameters.get(key)


def dictionary_file(ctx: Context, mode: str) -> Optional[DictionaryFile]:
    """The dictionary of a mode's labels; None: none is named."""
    path, name = option(ctx, label_encoder(ctx, mode), DICTIONARY)
    if not isinstance(name, str) or not name:
        return None
    file = ctx.resolve(name)
    try:
        planned = ctx.planned.get(file)
        data = file.read_bytes() if planned is None else planned.encode()
        return DictionaryFile(path, name, file, read=parse(data))
    except FileNotFoundError:
        return DictionaryFile(path, name, file, say("does not exist"))
    except IsADirectoryError:
        return DictionaryFile(path, name, file, say("is a folder, not a dictionary"))
    except OSError as error:
        reason = say("cannot be read ({reason})", reason=error.strerror)
        return DictionaryFile(path, name, file, reason)
    except DictionaryError as error:
        return DictionaryFile(path, name, file, said_by(error), is_text=False)


def reader(ctx: Context, mode: str) -> Optional[Reader]:
    """How labels of a mode are seen; None: no recognition, or its dictionary cannot be read."""
    encoder = label_encoder(ctx, mode)
    named = dictionary_file(ctx, mode)
    longest = option(ctx, encoder, MAX_TEXT_LENGTH)[1]
    if encoder is not None and encoder.name == "SRNLabelEncode" and longest is None:
        longest = 25  # its default
    usable = isinstance(longest, int) and not isinstance(longest, bool)
    if encoder is None or (named is not None and named.read is None) or not usable:
        return None
    entries = named.read.entries if named is not None and named.read is not None else None
    guide, lower = encoder.parameters.get("gtc_encode"), option(ctx, encoder, "lower")[1]
    decoder = str(ctx.get("PostProcess", "name", default=""))
    return Reader(
        Alphabet(entries, bool(option(ctx, encoder, SPACE)[1])),
        longest,
        encoder=encoder.name,
        guide=str(guide) if guide in ENCODERS else "SARLabelEncode",
        lower=None if lower is None else bool(lower),
        shifted=bool(encoder.parameters.get("ch")),
        rm_symbol="SAR" in decoder and bool(ctx.get("PostProcess", "rm_symbol")),
        lowers=decoder in _OLD_LOWERING and _before_2_7(ctx),
        reverse=_reverses(named, decoder),
        steps=steps(ctx, mode),
    )


def _reverses(named: Optional[DictionaryFile], decoder: str) -> bool:
    """CTC's decoder turns texts around where the path, as written, has "arabic" in it."""
    return named is not None and "arabic" in named.name and "CTCLabelDecode" in decoder


def _before_2_7(ctx: Context) -> bool:
    release = ctx.behaviour.release if ctx.behaviour is not None else ""
    return release.startswith(tuple(f"2.{minor}" for minor in range(7)))


def width(ctx: Context, mode: str) -> Optional[int]:
    """Width in pixels to which images of a mode are brought, for several scales the narrowest;
    None: not known."""
    several = scales(ctx, mode)
    if several:
        return min(across for across, _ in several)
    shape = image_shape(ctx, mode)
    return shape[2] if shape is not None else None


def scales(ctx: Context, mode: str) -> list[tuple[int, int]]:
    """(width, height) of each scale of a mode; empty: there is one size, or each image has its
    own."""
    found = ctx.get(mode, "sampler", "scales", default=[])
    if ctx.dataset(mode) != "MultiScaleDataSet" or ctx.get(mode, "dataset", "ds_width"):
        return []
    pairs = found if isinstance(found, list) else []
    return [(pair[0], pair[1]) for pair in pairs if _are_sizes(pair, 2)]


def image_shape(ctx: Context, mode: str) -> Optional[tuple[int, int, int]]:
    """(channels, height, width) to which images of a mode are padded or squeezed; for several
    scales the widest for its height."""
    if ctx.dataset(mode) == "MultiScaleDataSet":
        several = scales(ctx, mode)
        if not several:
            return None
        across, high = max(several, key=lambda scale: scale[0] / scale[1])
        return 3, high, across
    for name in PADDING:
        resize = ctx.transform(mode, name)
        if resize is not None and not resize.parameters.get("eval_mode"):
            shape = resize.parameters.get("image_shape", [])
            return (shape[0], shape[1], shape[2]) if _are_sizes(shape, 3) else None
    return None


def _are_sizes(value: Any, length: int) -> bool:
    if not isinstance(value, list) or len(value) != length:
        return False
    return all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in value)


def steps(ctx: Context, mode: str) -> Optional[int]:
    """Time steps of the model's CTC head for images of a mode; None: no CTC, or not known."""
    across = width(ctx, mode)
    found = []
    for _, path in models(ctx):
        head, backbone = ctx.get(*path, "Head", "name"), ctx.get(*path, "Backbone")
        if head not in ("CTCHead", "MultiHead") or not isinstance(backbone, Mapping):
            return None
        if ctx.get(*path, "freeze_params"):
            continue
        found.append(time_steps(backbone, across) if across else None)
    known = [one for one in found if one is not None]
    return min(known) if known and len(known) == len(found) else None
