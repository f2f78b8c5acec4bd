"""What timm's vision transformers have in common as OpenCLIP's towers for pictures (timm/models/vision_transformer.py
and eva.py): patches and positions before the layers, norms and pooling behind them. And what OpenCLIP puts behind a
tower of timm (src/open_clip/timm_model.py): nothing, a projection, or two with an activation between them; or timm's
own projection.
"""

import torch
from torch import Tensor

from . import layers, open_clip
from .model import Model


def defaults() -> dict[str, float]:
    return {
        "model_cfg.vision_cfg.image_size": 224.0,
    }


def default_names() -> dict[str, str]:
    return {
        "model_cfg.vision_cfg.timm_model_name": "",
        "model_cfg.vision_cfg.timm_pool": "avg",
    }


def name(m: Model) -> str:
    return m.names["model_cfg.vision_cfg.timm_model_name"]


def heads(m: Model) -> int:
    """Which no tensor tells."""
    called = name(m)
    if "_base_" in called:
        return 12
    if "_medium_" in called:
        return 8
    if "_small_" in called:
        return 6
    if "_tiny_" in called:
        return 3
    return 16


def pool(m: Model) -> str:
    """ "map", "token" or "avg". Where the configuration leaves it to the model, those without a class token average."""
    kind = m.names["model_cfg.vision_cfg.timm_pool"]
    if kind == "":
        kind = "token"
        if "visual.trunk.cls_token" not in m.stored:
            kind = "avg"
        if "visual.trunk.attn_pool.latent" in m.stored:
            kind = "map"
    return kind


def image_size(m: Model) -> int:
    return m.integer("model_cfg.vision_cfg.image_size")


def steps() -> str:
    """Patches are made in one step, or, in MobileCLIP, in several."""
    return "visual.trunk.patch_embed.backbone."


def count_steps(m: Model) -> int:
    return layers.stored_blocks(m, steps(), ".conv.weight")


def patches_name(m: Model) -> str:
    """The last step."""
    found = "visual.trunk.patch_embed.proj"
    count = count_steps(m)
    if count > 0:
        found = steps() + str(count - 1) + ".conv"
    return found


def width(m: Model) -> int:
    return layers.stored_size(m, patches_name(m) + ".weight", 0)


def patch(m: Model) -> int:
    side = 1
    count = count_steps(m)
    for i in range(count):
        side = side * layers.stored_size(m, steps() + str(i) + ".conv.weight", 2)
    if count == 0:
        side = layers.stored_size(m, "visual.trunk.patch_embed.proj.weight", 2)
    return side


def grid(m: Model) -> int:
    return image_size(m) // patch(m)


def prefix(m: Model) -> int:
    """How many tokens are before those of the patches."""
    return 1 if "visual.trunk.cls_token" in m.stored else 0


def transformer_problems(m: Model, found: list[str]) -> None:
    """What is wrong with a vision transformer of timm."""
    before = len(found)
    layers.check_integer(m, found, "model_cfg.vision_cfg.image_size", 1, 1000000)
    layers.check_stored(m, found, patches_name(m) + ".weight", 4)
    layers.check_stored(m, found, "visual.trunk.blocks.0.mlp.fc2.weight", 2)
    kind = pool(m)
    if kind not in ["map", "token", "avg"]:
        found.append("model_cfg.vision_cfg.timm_pool is '" + kind + "', and zsic has 'map', 'token' and 'avg'")
    if len(found) == before:
        head_count = heads(m)
        if width(m) % head_count != 0:
            found.append(
                "the width of the vision tower is {}, no multiple of the {} heads of {}".format(
                    width(m), head_count, name(m)
                )
            )
        layers.check_picture(m, found, image_size(m))
        problems(m, found, width(m))


def transformer_shapes(m: Model, found: dict[str, list[int]]) -> None:
    """All but the layers."""
    size = width(m)
    pixels = patch(m)
    side = grid(m)
    last = patches_name(m)
    tokens = side * side + prefix(m)
    if count_steps(m) == 0:
        found[last + ".weight"] = [size, 3, pixels, pixels]
    else:
        steps_shapes(m, found)
        tokens = side * side
    layers.optional_shape(m, found, last + ".bias", [size])
    layers.optional_shape(m, found, "visual.trunk.cls_token", [1, 1, size])
    found["visual.trunk.pos_embed"] = [1, tokens, size]
    for norm in ["norm_pre", "norm", "fc_norm"]:
        if "visual.trunk." + norm + ".weight" in m.stored:
            layers.norm_shapes(found, "visual.trunk." + norm, size)
    if pool(m) == "map":
        head = "visual.trunk.attn_pool."
        inner = layers.stored_size(m, head + "mlp.fc1.weight", 0)
        found[head + "latent"] = [1, 1, size]
        layers.linear_shapes(found, head + "q", size, size)
        layers.linear_shapes(found, head + "kv", 2 * size, size)
        layers.linear_shapes(found, head + "proj", size, size)
        layers.norm_shapes(found, head + "norm", size)
        layers.linear_shapes(found, head + "mlp.fc1", inner, size)
        layers.linear_shapes(found, head + "mlp.fc2", size, inner)
    shapes(m, found, size)


def steps_shapes(m: Model, shapes: dict[str, list[int]]) -> None:
    """Each step but the last has a batch norm behind it."""
    count = count_steps(m)
    channels = 3
    for i in range(count):
        step = steps() + str(i)
        width = layers.stored_size(m, step + ".conv.weight", 0)
        side = layers.stored_size(m, step + ".conv.weight", 2)
        shapes[step + ".conv.weight"] = [width, channels, side, side]
        if i < count - 1:
            for part in ["weight", "bias", "running_mean", "running_var"]:
                shapes[step + ".bn." + part] = [width]
        channels = width


def load_steps(m: Model, state: dict[str, list[Tensor]]) -> None:
    layers.take(m, state, steps())
    w = m.weights
    for i in range(count_steps(m)):
        step = steps() + str(i)
        if step + ".bn.weight" in w:
            scale = w.pop(step + ".bn.weight") * torch.rsqrt(w.pop(step + ".bn.running_var") + 1e-5)
            w[step + ".conv.weight"] = w[step + ".conv.weight"] * scale.view([-1, 1, 1, 1])
            w[step + ".conv.bias"] = w.pop(step + ".bn.bias") - w.pop(step + ".bn.running_mean") * scale
        w[step + ".conv.weight"] = layers.square_kernel(w[step + ".conv.weight"])
        layers.pack(m, w, step + ".conv", False)


def make_patches(m: Model, pixels: Tensor) -> Tensor:
    count = count_steps(m)
    x = pixels.permute([0, 2, 3, 1])
    for i in range(count):
        step = steps() + str(i) + ".conv"
        x = layers.squares(x, layers.stored_size(m, step + ".weight", 2))
        x = layers.linear(x, m.weights, step).to(torch.float32)
        if i < count - 1:
            x = torch.ops.aten.gelu_(x, approximate="none")
    return x.flatten(1, 2)


def load_transformer(m: Model, state: dict[str, list[Tensor]], kind: str) -> None:
    w = m.weights
    if count_steps(m) > 0:
        load_steps(m, state)
    else:
        layers.pack_patches(m, state, "visual.trunk.patch_embed.proj")
    head = "visual.trunk.attn_pool."
    if head + "latent" in state:
        layers.pack_latent(m, state, head)
        layers.pack_feed_forward(m, w, head + "mlp.fc1", head + "mlp.fc2", kind)
        for name in ["mlp.fc1", "mlp.fc2"]:
            layers.pack(m, w, head + name, True)


def embed(m: Model, images: list[Tensor], eps: float) -> Tensor:
    """Patches with their positions, as the first layer gets them."""
    w = m.weights
    x = layers.pixel_values(images, m.processing, m.device)
    if count_steps(m) > 0:
        x = make_patches(m, x)
    else:
        x = layers.patches(x, w, "visual.trunk.patch_embed.proj", patch(m))
    # Where there are positions for patches alone, the class token has none.
    positions = w["visual.trunk.pos_embed"]
    if positions.size(1) == x.size(1):
        x = x + positions
    if "visual.trunk.cls_token" in w:
        x = layers.with_class_token(x, w["visual.trunk.cls_token"])
    if positions.size(1) != x.size(1) - prefix(m):
        x = x + positions
    if "visual.trunk.norm_pre.weight" in w:
        x = layers.layer_norm(x, w, "visual.trunk.norm_pre", eps)
    return x


def counting(m: Model, x: Tensor) -> Tensor | None:
    """Which token of each is all that counts behind the last layer, if one is."""
    positions: Tensor | None = None
    if pool(m) == "token":
        positions = layers.first(x)
    return positions


def finish(m: Model, x: Tensor, heads: int, kind: str, eps: float) -> Tensor:
    """What the layers give in the shared space: [batch, width] of the token that counts, or all tokens."""
    w = m.weights
    pooling = pool(m)
    if "visual.trunk.norm.weight" in w:
        x = layers.layer_norm(x, w, "visual.trunk.norm", eps)
    if pooling == "map":
        head = "visual.trunk.attn_pool."
        x = layers.attention_pooling(x, w, head, heads, None)
        h = layers.layer_norm(x, w, head + "norm", eps)
        x = layers.feed_forward(h, x, w, head + "mlp.fc1", head + "mlp.fc2", kind)
    elif pooling == "avg":
        extra = prefix(m)
        x = x.narrow(1, extra, x.size(1) - extra).mean([1])
    if "visual.trunk.fc_norm.weight" in w:
        x = layers.layer_norm(x, w, "visual.trunk.fc_norm", eps)
    return project(m, x)


def projection(m: Model) -> str:
    """The projection that the checkpoint has, "" if none."""
    found = ""
    for name in ["visual.head.proj", "visual.trunk.head", "visual.trunk.head.fc"]:
        if name + ".weight" in m.stored:
            found = name
    return found


def problems(m: Model, found: list[str], width: int) -> None:
    made = width
    mlp = layers.stored_size(m, "visual.head.mlp.fc2.weight", 0)
    name = projection(m)
    if mlp > 0:
        made = mlp
    elif name != "":
        made = layers.stored_size(m, name + ".weight", 0)
    dimension = open_clip.dimension(m)
    if made != dimension:
        found.append(
            "the vision tower makes embeddings of {} numbers, but model_cfg.embed_dim is {}".format(made, dimension)
        )


def shapes(m: Model, shapes: dict[str, list[int]], width: int) -> None:
    dimension = open_clip.dimension(m)
    inner = layers.stored_size(m, "visual.head.mlp.fc1.weight", 0)
    name = projection(m)
    if inner > 0:
        layers.linear_shapes(shapes, "visual.head.mlp.fc1", inner, width)
        shapes["visual.head.mlp.fc2.weight"] = [dimension, inner]
        layers.optional_shape(m, shapes, "visual.head.mlp.fc2.bias", [dimension])
    elif name != "":
        shapes[name + ".weight"] = [dimension, width]
        layers.optional_shape(m, shapes, name + ".bias", [dimension])


def project(m: Model, x: Tensor) -> Tensor:
    """What the tower has found, [batch, width], in the shared space."""
    w = m.weights
    name = projection(m)
    if "visual.head.mlp.fc1.weight" in w:
        x = layers.project(x, w["visual.head.mlp.fc1.weight"]) + w["visual.head.mlp.fc1.bias"]
        x = torch.ops.aten.gelu_(x, approximate="none")
        name = "visual.head.mlp.fc2"
    if name != "":
        x = layers.project(x, w[name + ".weight"])
        if name + ".bias" in w:
            x = x + w[name + ".bias"]
    return x
