"""Templates: the ones to train with, made from parts, and those never trained on."""

import numpy as np

DEFAULT = "This is a photo of {}."

# Never trained on, word for word or in their construction; the test measures with them.
UNSEEN = (
    "Can you spot the {} in this one?",
    "My favourite thing here must be that {}",
    "{}, seen up close",
    "somebody drew us a very nice {} yesterday",
    "subject: {}",
)

# Never trained on either; choices are made with these.
VALIDATION = (
    "is that really a {} over there?",
    "we would like to have one more {}",
    "{} as seen on television",
    "the caption says {}",
    "nobody could find any {} last week",
)

FIXED = (
    *(DEFAULT, "{}", "a photo of a {}", "a photo of {}", "a photo of a {}.", "a {}", "an {}", "the {}", "a drawing of a {}", "an image of a {}"),
    *("a picture of a {}", "this is a {}", "this is an emoji of a {}", "an emoji of {}", "a cartoon {}", "{} emoji", "a photo of the {}."),
)

_LEADS = ("", "", "", "this is ", "here is ", "it is ", "it's ", "we see ", "i see ", "there is ", "this shows ", "look at ", "you can see ", "that is ")
_ARTICLES = ("a ", "a ", "a ", "the ", "an ", "one ", "")
_QUALITIES = (
    *("", "", "", "", "", "good ", "bad ", "small ", "large ", "simple ", "blurry ", "bright ", "dark ", "colourful ", "black and white ", "close-up "),
    *("low resolution ", "cropped ", "clean ", "nice ", "cute ", "beautiful ", "funny ", "detailed ", "digital ", "flat ", "hand-drawn ", "old ", "new "),
)
_KINDS = (
    *("photo", "photo", "picture", "image", "drawing", "emoji", "icon", "illustration", "sketch", "painting", "cartoon", "rendering", "sticker", "symbol"),
    *("photograph", "clip art", "graphic", "logo", "snapshot", "scan", "doodle", "sign"),
)
_LINKS = (" of ", " of ", " of ", " showing ", " with ", " depicting ", ": ", " that shows ", " containing ")
_ENDS = (
    *("", "", "", "", ".", ".", "!", " on a white background", " on a plain background", " in the style of an emoji", ", isolated", ", a type of thing"),
    *(" for the web", " in colour", " in a frame", " on a screen", ", flat style", ", 3d style", " here", " today", " in my app", ", please", "?"),
)
_SIMPLE_LEADS = ("", "a ", "an ", "the ", "one ", "my ", "some ", "your ", "this is a ", "this is the ", "it is a ", "there is a ", "here is a ", "i see a ", "a kind of ", "a type of ", "what a ")


def sample(rng: np.random.Generator) -> str:
    def pick(options):
        return options[rng.integers(len(options))]

    kind = rng.random()
    if kind < 0.15:
        text = DEFAULT
    elif kind < 0.45:
        text = pick(FIXED)
    elif kind < 0.6:
        text = pick(_SIMPLE_LEADS) + pick(_QUALITIES) + "{}" + pick(_ENDS)
    else:
        text = pick(_LEADS) + pick(_ARTICLES) + pick(_QUALITIES) + pick(_KINDS) + pick(_LINKS) + pick(_ARTICLES) + pick(_QUALITIES) + "{}" + pick(_ENDS)
    if text in UNSEEN + VALIDATION:
        raise AssertionError(text)
    return text
