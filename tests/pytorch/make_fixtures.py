"""PyTorch's answers, computed once in float64, that pytorch.test.ts holds the engine to.

Run with PyTorch 1.13 or later:  python3 make_fixtures.py
Each case becomes fixtures/CASE.safetensors with inputs and parameters (F32: exact in both precisions), the weights w of
the loss sum(output * w) (w.h for output.h), and, as F64, outputs and the loss's gradients (`grad.NAME`). CI reads the
files; it needs no Python.
"""

import json
import math
import pathlib
import struct
import zlib

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

FOLDER = pathlib.Path(__file__).parent / "fixtures"
DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.int32: "I32", torch.uint8: "U8"}
B, T, I, H = 3, 7, 5, 6


class Case:
    """Collects one file. Random numbers are drawn in float32 and used in float64."""

    def __init__(self, name):
        self.name = name
        self.random = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        self.tensors = {}
        self.leaves = {}

    def normal(self, *shape, scale=1.0, offset=0.0):
        return (torch.randn(shape, generator=self.random) * scale + offset).double()

    def leaf(self, name, *shape, scale=1.0, offset=0.0):
        """A tensor whose gradient is wanted."""
        self.leaves[name] = self.normal(*shape, scale=scale, offset=offset).requires_grad_()
        return self.leaves[name]

    def module(self, module, scale=0.4):
        """Gives every parameter of `module` fresh values; those of norms lie around 1."""
        module.double()
        for name, parameter in module.named_parameters():
            offset = 1.0 if "norm" in name and name.endswith("weight") else 0.0
            parameter.data = self.normal(*parameter.shape, scale=scale, offset=offset)
            self.leaves[name] = parameter
        return module

    def integers(self, name, high, *shape):
        value = torch.randint(0, high, shape, generator=self.random)
        self.put(name, value.int())
        return value

    def put(self, name, value):
        self.tensors[name] = value.detach().contiguous()

    def inputs(self):
        """Stores the leaves' present values, before anything changes them."""
        for name, value in self.leaves.items():
            self.put(name, value.detach().float())

    def finish(self, **outputs):
        """Stores outputs and the gradients of sum(output * w), then writes the file."""
        self.inputs()
        loss = 0
        for name, value in outputs.items():
            weights = self.normal(*value.shape)
            name = name.replace("_", ".")
            self.put("w" + name.removeprefix("output"), weights.float())
            self.put(name, value)
            loss = loss + (value * weights).sum()
        loss.backward()
        for name, value in self.leaves.items():
            self.put(f"grad.{name}", value.grad)
        self.write()

    def write(self):
        order = sorted(self.tensors.items(), key=lambda entry: (-entry[1].element_size(), entry[0]))
        header, body = {}, b""
        for name, value in order:
            data = value.numpy().tobytes()
            header[name] = {
                "dtype": DTYPES[value.dtype],
                "shape": list(value.shape),
                "data_offsets": [len(body), len(body) + len(data)],
            }
            body += data
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        (FOLDER / f"{self.name}.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + body)


def recurrent():
    for name, module, layers in [
        ("rnn-tanh", nn.RNN(I, H, nonlinearity="tanh", batch_first=True), 1),
        ("rnn-relu", nn.RNN(I, H, nonlinearity="relu", batch_first=True), 1),
        ("gru", nn.GRU(I, H, batch_first=True), 1),
        ("gru-stacked", nn.GRU(I, H, num_layers=2, batch_first=True), 2),
        ("gru-bidirectional", nn.GRU(I, H, num_layers=2, bidirectional=True, batch_first=True), 4),
        ("rnn-bidirectional", nn.RNN(I, H, bidirectional=True, batch_first=True), 2),
    ]:
        case = Case(name)
        case.module(module)
        output, last = module(case.leaf("x", B, T, I), case.leaf("h0", layers, B, H))
        case.finish(output=output, output_h=last)
    for name, steps, hidden, batch, options, layers in [
        ("lstm", T, H, B, {}, 1),
        ("lstm-no-bias", T, H, B, {"bias": False}, 1),
        ("lstm-stacked", T, H, B, {"num_layers": 2}, 2),
        ("lstm-bidirectional", T, H, B, {"bidirectional": True, "num_layers": 2}, 4),
        ("lstm-200-steps", 200, 8, 2, {}, 1),
    ]:
        case = Case(name)
        module = case.module(nn.LSTM(I, hidden, batch_first=True, **options))
        initial = [case.leaf(state, layers, batch, hidden) for state in ("h0", "c0")]
        output, (h, c) = module(case.leaf("x", batch, steps, I), tuple(initial))
        case.finish(output=output, output_h=h, output_c=c)


def padded():
    """Packed sequences: rows of 4, 7 and 1 steps in one batch; x past a row's end has no part in anything."""
    lengths = torch.tensor([4, 7, 1])
    for name, module, layers in [
        ("rnn-padded", nn.RNN(I, H, batch_first=True), 1),
        ("rnn-padded-bidirectional", nn.RNN(I, H, num_layers=2, bidirectional=True, batch_first=True), 4),
        ("gru-padded", nn.GRU(I, H, batch_first=True), 1),
        ("gru-padded-bidirectional", nn.GRU(I, H, num_layers=2, bidirectional=True, batch_first=True), 4),
        ("lstm-padded", nn.LSTM(I, H, batch_first=True), 1),
        ("lstm-padded-bidirectional", nn.LSTM(I, H, num_layers=2, bidirectional=True, batch_first=True), 4),
    ]:
        case = Case(name)
        case.module(module)
        case.put("lengths", lengths.int())
        packed = pack_padded_sequence(case.leaf("x", B, T, I), lengths, batch_first=True, enforce_sorted=False)
        states = [case.leaf(state, layers, B, H) for state in (("h0", "c0") if name.startswith("lstm") else ("h0",))]
        output, last = module(packed, tuple(states) if len(states) == 2 else states[0])
        output, _ = pad_packed_sequence(output, batch_first=True, total_length=T)
        if len(states) == 2:
            case.finish(output=output, output_h=last[0], output_c=last[1])
        else:
            case.finish(output=output, output_h=last)


def norms():
    case = Case("layer-norm")
    x = case.leaf("x", B, T, 13, scale=2.0, offset=0.5)
    weight, bias = case.leaf("weight", 13, offset=1.0), case.leaf("bias", 13)
    case.finish(output=F.layer_norm(x, (13,), weight, bias, eps=1e-5))

    # y = x / sqrt(mean(x²) + ε) · weight (Zhang and Sennrich 2019), ε = 1e-6
    case = Case("rms-norm")
    x, weight = case.leaf("x", B, T, 13, scale=2.0, offset=0.5), case.leaf("weight", 13, offset=1.0)
    case.finish(output=x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * weight)


def attention():
    """softmax(q kᵀ / √D + mask) v, from the formula; query head h reads key head h // (H / G)."""
    for name, heads, groups, queries, keys, causal, padded in [
        ("attention", 2, 2, 7, 7, False, False),
        ("attention-causal", 2, 2, 7, 7, True, False),
        ("attention-cross-padded", 2, 2, 5, 9, False, True),
        ("attention-gqa-causal-padded", 4, 2, 7, 7, True, True),
        ("attention-mqa-causal", 4, 1, 7, 7, True, False),
    ]:
        case = Case(name)
        width = 8
        q = case.leaf("q", B, heads, queries, width)
        k = case.leaf("k", B, groups, keys, width)
        v = case.leaf("v", B, groups, keys, width)
        scores = q @ k.repeat_interleave(heads // groups, 1).transpose(-1, -2) / math.sqrt(width)
        if causal:
            scores = scores.masked_fill(torch.ones(queries, keys).triu(1).bool(), -math.inf)
        if padded:
            mask = key_mask(case, keys)
            scores = scores.masked_fill(~mask[:, None, None, :], -math.inf)
        case.finish(output=scores.softmax(-1) @ v.repeat_interleave(heads // groups, 1))


def bent_attention():
    """Causal attention in a window of 3 keys with ALiBi's slopes 2^(-8 i / H), for fewer queries than keys."""
    for name, window, bent in [("attention-window", 3, False), ("attention-alibi-window", 3, True)]:
        case = Case(name)
        heads, queries, keys, width = 2, 5, 9, 8
        q, k, v = (case.leaf(name, B, heads, count, width) for name, count in (("q", queries), ("k", keys), ("v", keys)))
        behind = torch.arange(queries)[:, None] + keys - queries - torch.arange(keys)[None, :]
        scores = q @ k.transpose(-1, -2) / math.sqrt(width)
        if bent:
            slopes = torch.tensor([2.0 ** (-8 * (i + 1) / heads) for i in range(heads)]).double()
            scores = scores - slopes[:, None, None] * behind
        scores = scores.masked_fill((behind < 0) | (behind >= window), -math.inf)
        case.finish(output=scores.softmax(-1) @ v)


def sorting():
    case = Case("sort-descending")
    x = case.leaf("x", B, T, 11)
    case.finish(output=x.sort(dim=-1, descending=True, stable=True).values)
    case = Case("top-3")
    x = case.leaf("x", B, T, 11)
    case.finish(output=x.topk(3, 1).values)


def key_mask(case, keys):
    """Row b ends in b padded keys; stored as 1 = a key that may be looked at."""
    mask = torch.arange(keys)[None, :] < torch.tensor([[keys - b] for b in range(B)])
    case.put("mask", mask.to(torch.uint8))
    return mask


def transformer():
    width, heads = 8, 2
    for name, queries, keys in [("multi-head-self", T, T), ("multi-head-cross", 5, 9)]:
        case = Case(name)
        module = case.module(nn.MultiheadAttention(width, heads, batch_first=True))
        x = case.leaf("x", B, queries, width)
        source = x if name == "multi-head-self" else case.leaf("source", B, keys, width)
        output, _ = module(x, source, source, key_padding_mask=~key_mask(case, keys), need_weights=False)
        case.finish(output=output)
    for name, pre, causal in [
        ("encoder-pre-norm", True, False),
        ("encoder-post-norm", False, False),
        ("encoder-pre-norm-causal", True, True),
    ]:
        case = Case(name)
        layer = nn.TransformerEncoderLayer(
            width, heads, dim_feedforward=16, dropout=0.0, activation="gelu", batch_first=True, norm_first=pre
        )
        encoder = case.module(nn.TransformerEncoder(layer, 2))
        unseen = torch.ones(T, T).triu(1).bool() if causal else None
        case.finish(output=encoder(case.leaf("x", B, T, width), mask=unseen))


def losses():
    for reduction in ("mean", "sum", "none"):
        case = Case(f"cross-entropy-{reduction}")
        logits = case.leaf("logits", B, T, 11, scale=3.0)
        targets = case.integers("targets", 11, B, T)
        targets[0, 2] = targets[2, 5] = -100
        case.put("targets", targets.int())
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction=reduction)
        case.finish(output=loss.reshape(B, T) if reduction == "none" else loss)


def smoothed():
    case = Case("cross-entropy-smoothed")
    logits = case.leaf("logits", B, T, 11, scale=3.0)
    targets = case.integers("targets", 11, B, T)
    case.finish(output=F.cross_entropy(logits.flatten(0, 1), targets.flatten(), label_smoothing=0.1))


def convolution():
    """Causal: the input is padded on the left by dilation · (K - 1)."""
    for name, groups, dilation in [("conv1d-causal", 1, 1), ("conv1d-causal-dilated", 1, 2), ("conv1d-depthwise", 6, 1)]:
        case = Case(name)
        x = case.leaf("x", B, T, 6)
        weight = case.leaf("weight", 6 if groups > 1 else 4, 6 // groups, 3)
        bias = case.leaf("bias", weight.shape[0])
        padded = F.pad(x.transpose(1, 2), (dilation * 2, 0))
        case.finish(output=F.conv1d(padded, weight, bias, dilation=dilation, groups=groups).transpose(1, 2))


def optimizers():
    """Ten full-batch steps of a small classifier: matrices decay, biases do not. Stores the result and each step's loss."""
    rate = 0.01
    for name, make, clip in [
        ("optimizer-adamw", lambda groups: torch.optim.AdamW(groups, lr=rate), None),
        ("optimizer-adamw-clipped", lambda groups: torch.optim.AdamW(groups, lr=rate), 0.3),
        ("optimizer-sgd", lambda groups: torch.optim.SGD(groups, lr=rate * 10), None),
        ("optimizer-sgd-momentum", lambda groups: torch.optim.SGD(groups, lr=rate * 10, momentum=0.9), None),
        ("optimizer-sgd-nesterov", lambda groups: torch.optim.SGD(groups, lr=rate * 10, momentum=0.9, nesterov=True), None),
        ("optimizer-sgd-clipped", lambda groups: torch.optim.SGD(groups, lr=rate * 10), 0.3),
    ]:
        case = Case(name)
        model = case.module(nn.Sequential(nn.Linear(I, H), nn.Tanh(), nn.Linear(H, 4)))
        x = case.normal(16, I)
        case.put("x", x.float())
        targets = case.integers("targets", 4, 16)
        case.inputs()
        matrices = [p for p in model.parameters() if p.dim() > 1]
        biases = [p for p in model.parameters() if p.dim() == 1]
        optimizer = make([{"params": matrices, "weight_decay": 0.1}, {"params": biases, "weight_decay": 0.0}])
        values, norms = [], []
        for _ in range(10):
            optimizer.zero_grad()
            loss = F.cross_entropy(model(x), targets)
            loss.backward()
            norms.append(nn.utils.clip_grad_norm_(model.parameters(), math.inf if clip is None else clip))
            optimizer.step()
            values.append(loss.detach())
        case.put("losses", torch.stack(values))
        case.put("norms", torch.stack(norms))
        for parameter, value in model.named_parameters():
            case.put(f"after.{parameter}", value)
        case.write()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    torch.set_num_threads(1)
    groups = (recurrent, norms, attention, transformer, losses, convolution, optimizers, bent_attention, sorting, smoothed)
    for group in (*groups, padded):
        group()
