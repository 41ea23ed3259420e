"""Training shapes in PyTorch, at its best: one JSON object a line. usage: pytorch.py THREADS SECONDS NAME..."""
import json
import math
import os
import re
import subprocess
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

SECONDS = float(sys.argv[2])
torch.set_num_threads(int(sys.argv[1]))
print(json.dumps({"version": torch.__version__}), flush=True)


def busy_seconds():
    with open("/proc/stat") as f:
        fields = [int(x) for x in f.readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / 100


A, B, PRODUCTS, best_rate = torch.ones(336, 128), torch.ones(128, 384), 25, 0


def product_rate():
    """Small products a second: neighbours on the same processor, whom /proc/stat does not show, slow them down."""
    global best_rate
    times = []
    for _ in range(PRODUCTS):
        before = time.perf_counter()
        torch.mm(A, B)
        times.append(time.perf_counter() - before)
    rate = 1 / sorted(times)[PRODUCTS // 2]
    best_rate = max(best_rate, rate)
    return rate


def load_of(burst):
    """Cores of others: as the system counts, or as the slower product lacks of the best one ever beyond a tenth."""
    counted, rate, _ = burst
    return max(counted, torch.get_num_threads() * (0.9 - rate / best_rate))


def measure(step, seconds, quiet=True):
    """Best and median over bursts in which the machine was otherwise quiet, over the quietest one where there is none."""
    for _ in range(3):
        step()
    bursts, began = [], time.perf_counter()
    while not bursts or time.perf_counter() - began < seconds or (
        quiet and not any(load_of(burst) < 0.1 for burst in bursts) and time.perf_counter() - began < 3 * seconds
    ):
        rate = product_rate() if quiet else 1
        start, busy, own, times = time.perf_counter(), busy_seconds(), time.process_time(), []
        while time.perf_counter() - start < 0.3 or len(times) < 3:
            before = time.perf_counter()
            step()
            times.append(time.perf_counter() - before)
        others = busy_seconds() - busy - (time.process_time() - own) - 0.01
        counted = max(0, others) / (time.perf_counter() - start)
        bursts.append((counted, min(rate, product_rate()) if quiet else 1, times))
    counted = [burst[2] for burst in bursts if not quiet or load_of(burst) < 0.1] or [min(bursts, key=load_of)[2]]
    times = sorted(t for burst in counted for t in burst)
    return times[0], times[len(times) // 2]


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


def stepping(model, optimizer, loss):
    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        value.item()

    return step


def gpt(layers, heads, width, context, batch):
    torch.manual_seed(0)
    model = GPT(layers, heads, width, context)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.99), weight_decay=0.1, foreach=True)
    x, y = torch.randint(0, 65, (batch, context)), torch.randint(0, 65, (batch, context))
    return batch * context, stepping(model, optimizer, lambda: model(x, y))


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
    return 1, stepping(model, optimizer, lambda: F.mse_loss(model(x), y))


SHAPES = {"gpt-a": (4, 4, 128, 64, 12), "gpt-b": (6, 6, 384, 256, 8)}


def training(name):
    if name in SHAPES:
        return gpt(*SHAPES[name])
    kind, *extents = name.split("-")
    return recurrent(kind, *map(int, extents))


def say(name, best, median):
    print(json.dumps({"name": name, "best": best, "median": median}), flush=True)


for full in sys.argv[3:]:
    topic, name = full.split("/")
    if topic == "train":
        amount, step = training(name)
        best, median = measure(step, SECONDS)
        say(full, amount / best, amount / median)
    elif topic == "contention":
        _, step = training(name)
        _, quiet = measure(step, SECONDS)
        other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        try:
            measure(step, 0.5, quiet=False)
            best, median = measure(step, SECONDS, quiet=False)
        finally:
            other.kill()
        say(full, 100 * quiet / best, 100 * quiet / median)
    elif topic == "memory" and name in SHAPES:
        if len(sys.argv) > 4:  # the largest size is the process's: one process for each
            lines = subprocess.run([sys.executable, *sys.argv[:3], full], stdout=subprocess.PIPE, text=True).stdout
            print(lines.strip().splitlines()[-1], flush=True)
            continue
        _, step = training(name)
        for _ in range(6):
            step()
        with open("/proc/self/status") as f:
            peak = int(re.search(r"VmHWM:\s+(\d+) kB", f.read()).group(1)) * 1024 / 1e6
        say(full, peak, peak)
os._exit(0)
