"""The training shapes of bench/train.ts in PyTorch, at its best: one JSON object a line. usage: torch_train.py THREADS"""
import json
import math
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))


def measure(step, seconds):
    for _ in range(3):
        step()
    times = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    times.sort()
    return times[0], times[len(times) // 2]


def report(name, unit, amount, timing):
    best, median = timing
    print(json.dumps({"name": "train/" + name, "unit": unit, "best": amount / best, "median": amount / median}), flush=True)


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.register_buffer("mask", torch.triu(torch.full((context, context), float("-inf")), 1))

    def forward(self, x):
        b, t, c = x.shape
        d = c // self.heads
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, d).permute(2, 0, 3, 1, 4).unbind(0)
        fold = lambda y: y.reshape(b * self.heads, t, d)
        scores = torch.baddbmm(self.mask.expand(b * self.heads, t, t), fold(q), fold(k).transpose(1, 2), alpha=1 / math.sqrt(d))
        mixed = torch.bmm(F.softmax(scores, -1), fold(v)).view(b, self.heads, t, d).transpose(1, 2).reshape(b, t, c)
        x = x + self.out(mixed)
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, layers, heads, width, context, vocabulary=65):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[Block(width, heads, context) for _ in range(layers)])
        self.norm = nn.LayerNorm(width)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, x, y):
        h = self.norm(self.blocks(self.tokens(x) + self.positions.weight))
        logits = h @ self.tokens.weight.t()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), y.view(-1))


def gpt(name, layers, heads, width, context, batch):
    torch.manual_seed(0)
    model = GPT(layers, heads, width, context)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, foreach=True)
    x, y = torch.randint(0, 65, (batch, context)), torch.randint(0, 65, (batch, context))

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = model(x, y)
        loss.backward()
        optimizer.step()
        loss.item()

    report(name, "tokens/s", batch * context, measure(step, 4))


class Recurrent(nn.Module):
    def __init__(self, kind, inputs, hidden):
        super().__init__()
        self.cell = getattr(nn, kind.upper())(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


def recurrent(kind, inputs, hidden, steps, batch):
    model = Recurrent(kind, inputs, hidden)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    x, y = torch.randn(batch, steps, inputs), torch.randn(batch, 1)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        loss.item()

    report(f"{kind}-{inputs}-{hidden}-{steps}-{batch}", "steps/s", 1, measure(step, 2))


gpt("gpt-a", 4, 4, 128, 64, 12)
gpt("gpt-b", 6, 6, 384, 256, 8)
recurrent("lstm", 1, 32, 12, 32)
recurrent("lstm", 1, 128, 48, 64)
recurrent("lstm", 512, 512, 64, 32)
recurrent("gru", 1, 128, 48, 64)
