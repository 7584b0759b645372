"""What made a suggestion, in plain words: a sentence for each witness."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from photomgr.core.records import Settled, SuggestedTag

_FOR, _LITTLE = 0.5, 0.25  # from which score on somebody speaks for a tag, or at least says a little


def percent(share: float) -> str:
    text = QCoreApplication.translate("Reasons", "{number} %")
    return text.format(number=round(share * 100))


def witness(name: str) -> str:
    """Who speaks, in the person's words; a network of their own under its own name."""
    translate = QCoreApplication.translate
    known = {
        "network": translate("Reasons", "what the picture shows"),
        "visual": translate("Reasons", "what the picture shows"),
        "words": translate("Reasons", "words in names and captions"),
        "neighbours": translate("Reasons", "photos that look like it"),
        "looks alike": translate("Reasons", "photos that look like it"),
        "your decisions": translate("Reasons", "what you decided on other photos"),
        "context": translate("Reasons", "time and place"),
        "narrower": translate("Reasons", "a narrower tag"),
        "colours": translate("Reasons", "its colours"),
        "moments": translate("Reasons", "where its colours are"),
        "edges": translate("Reasons", "its edges"),
        "wavelets": translate("Reasons", "its coarse textures"),
        "patterns": translate("Reasons", "its fine textures"),
        "envelope": translate("Reasons", "the layout of the scene"),
        "patches": translate("Reasons", "small details"),
        "linear": translate("Reasons", "the picture as a whole"),
        "cosine": translate("Reasons", "its likeness to a typical one"),
        "radial": translate("Reasons", "its likeness to known pictures"),
        "layout": translate("Reasons", "what stands where"),
        "midway": translate("Reasons", "shapes and materials"),
    }
    text = translate("Reasons", "your network {name}")
    return known.get(name, text.format(name=name))


def why(suggestion: SuggestedTag) -> str:
    """What made a suggestion; one line for each reason."""
    lines = [
        f"{witness(name)}: {percent(share)}"
        for name, share in sorted(suggestion.reasons.items(), key=lambda item: -item[1])
    ]
    if not lines:
        lines = [QCoreApplication.translate("Reasons", "suggested by the model")]
    return "\n".join(lines)


def settled_by(settled: Settled | None) -> str:
    """Why nothing is to be decided on a tag any more."""
    translate = QCoreApplication.translate
    if settled is None:
        return translate("Reasons", "Not suggested any more")
    if settled.stands:
        return translate("Reasons", "Follows from {tag}").format(tag=settled.by)
    return translate("Reasons", "Not asked about: you rejected {tag}").format(tag=settled.by)


def sentence(name: str, tag: str, near: int, score: float = 1.0) -> str:
    """The same as a whole sentence about a tag; ``near`` photos that look alike carry it. Who says less than one half
    in ``score`` does not speak for it."""
    translate = QCoreApplication.translate
    if score < _FOR or (name in ("neighbours", "looks alike") and not near):
        known_to = {_FOR: translate("Reasons", "It fits: {witness}.")}
        known_to |= {_LITTLE: translate("Reasons", "Says little for it: {witness}.")}
        against = translate("Reasons", "Rather against it: {witness}.")
        text = next((each for least, each in known_to.items() if score >= least), against)
        return text.format(witness=witness(name))
    carry = translate("Reasons", "It looks like %n photo(s) that carry the tag {tag}.", "", near)
    known = {
        "network": translate("Reasons", "The picture shows it."),
        "visual": translate("Reasons", "The picture shows it."),
        "words": translate("Reasons", "Words in its names and captions speak for it."),
        "neighbours": carry,
        "looks alike": carry,
        "your decisions": translate("Reasons", "What you decided on other photos speaks for it."),
        "context": translate("Reasons", "The time, the place and the photos around it speak for it."),
        "narrower": translate("Reasons", "It follows from {tag}."),
        "colours": translate("Reasons", "Its colours speak for it."),
        "moments": translate("Reasons", "Where its colours are speaks for it."),
        "edges": translate("Reasons", "Its edges speak for it."),
        "wavelets": translate("Reasons", "Its coarse textures speak for it."),
        "patterns": translate("Reasons", "Its fine textures speak for it."),
        "envelope": translate("Reasons", "The layout of the scene speaks for it."),
        "patches": translate("Reasons", "Small details speak for it."),
        "linear": translate("Reasons", "The picture as a whole speaks for it."),
        "cosine": translate("Reasons", "It is like a typical picture of this."),
        "radial": translate("Reasons", "It is like pictures known to show this."),
        "layout": translate("Reasons", "What stands where speaks for it."),
        "midway": translate("Reasons", "Shapes and materials speak for it."),
    }
    text = known.get(name, translate("Reasons", "Your network {name} says so."))
    return text.format(tag=tag, name=name)


__all__ = ["percent", "sentence", "why", "witness"]
