"""What is the same in nearly all architectures, for those to import."""

from .model import Model


def ignored() -> list[str]:
    """Parts of the names of tensors that a checkpoint may hold beside those of shapes(), and that no score needs."""
    none: list[str] = []
    return none


def text_positions(m: Model) -> int:
    """How many tokens the text tower reads at most."""
    return m.integer("text_config.max_position_embeddings")


def pads_texts(m: Model) -> bool:
    """Whether every text is cut or padded to exactly so many."""
    return False


def logit_scale(m: Model) -> float:
    """logit = scale * cosine + bias"""
    return float(m.weights["logit_scale"].exp())


def logit_bias(m: Model) -> float:
    return float(m.weights["logit_bias"]) if "logit_bias" in m.weights else 0.0
