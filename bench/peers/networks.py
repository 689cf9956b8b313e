"""The networks of bench/networks.ts in eager PyTorch, timed on request.

Reads one JSON object a line, {"network": name, "kind": "step" | "forward", "repeats": n, "threads": k}, and answers one:
{"milliseconds": [...]}. The first line it prints says what it is.
"""

import json
import math
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


class MLP(nn.Module):
    def __init__(self, width):
        super().__init__()
        widths = [3] + [width] * 4 + [1]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in zip(widths, widths[1:]))

    def forward(self, x):
        for layer in self.layers[:-1]:
            x = F.silu(layer(x))
        return self.layers[-1](x)


class Half(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.GroupNorm(8, channels)
        self.conv = nn.Conv2d(channels, channels, 3, padding=1, bias=False)

    def forward(self, x):
        return self.conv(F.silu(self.norm(x)))


class Residual(nn.Module):
    def __init__(self, channels=64, blocks=4):
        super().__init__()
        self.stem = nn.Conv2d(2, channels, 3, padding=1, bias=False)
        self.halves = nn.ModuleList(Half(channels) for _ in range(2 * blocks))
        self.head = nn.Conv2d(channels, 1, 3, padding=1, bias=False)

    def forward(self, x):
        x = self.stem(x)
        for a, b in zip(self.halves[::2], self.halves[1::2]):
            x = x + b(a(x))
        return self.head(x)


class Chain(nn.Sequential):
    def __init__(self, channels=64):
        super().__init__(*(nn.Conv2d(channels, channels, 3, padding=1, bias=False) for _ in range(4)))


class Transformer(nn.Module):
    batch, tokens, heads, width = 16, 64, 4, 128

    def __init__(self):
        super().__init__()
        w = self.width
        self.norm1, self.norm2 = nn.LayerNorm(w), nn.LayerNorm(w)
        self.q, self.k, self.v, self.out = (nn.Linear(w, w) for _ in range(4))
        self.up, self.down = nn.Linear(w, 4 * w), nn.Linear(4 * w, w)

    def split(self, h):
        return h.view(self.batch, self.tokens, self.heads, -1).transpose(1, 2)

    def forward(self, x):
        h = self.norm1(x)
        mixed = F.scaled_dot_product_attention(self.split(self.q(h)), self.split(self.k(h)), self.split(self.v(h)))
        x = x + self.out(mixed.transpose(1, 2).reshape(-1, self.width))
        return x + self.down(F.silu(self.up(self.norm2(x))))


class Block(nn.Module):
    def __init__(self, width, entries):
        super().__init__()
        self.norm1, self.norm2 = nn.GroupNorm(8, width), nn.GroupNorm(8, width)
        self.conv1, self.conv2 = (nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2))
        self.film = nn.Linear(entries, 2 * width)

    def forward(self, h, e):
        scale, shift = self.film(e)[:, :, None, None].chunk(2, 1)
        inner = self.norm2(self.conv1(F.silu(self.norm1(h))))
        return h + self.conv2(F.silu(inner * (scale + 1) + shift))


class UNet(nn.Module):
    """src/scores/unet.ts with its defaults at 32x32: patches of 4, widths 64 and 128, two blocks a level."""

    def __init__(self, channels=3, embedding=9, patch=4, widths=(64, 128), blocks=2, entries=128):
        super().__init__()
        a, b = widths
        self.patch = patch
        self.register_buffer("frequencies", 2 * math.pi * 2 ** (-4 + 5 * torch.arange(16) / 15))
        self.noise, self.operator = nn.Linear(32, entries), nn.Linear(embedding, entries)
        self.mix = nn.Linear(entries, entries)
        self.stem = nn.Conv2d((1 + channels) * patch**2, a, 3, padding=1, bias=False)
        self.place = nn.Parameter(torch.zeros(a, 32 // patch, 32 // patch))
        self.before, self.coarse, self.after = (
            nn.ModuleList(Block(width, entries) for _ in range(blocks)) for width in (a, b, a)
        )
        self.down, self.up = nn.Conv2d(4 * a, b, 1, bias=False), nn.Conv2d(b, 4 * a, 1, bias=False)
        self.head = nn.Conv2d(a, patch**2, 3, padding=1)

    def forward(self, x, noise, channels, embedding):
        phase = noise[:, None] * self.frequencies
        e = self.noise(torch.cat([phase.cos(), phase.sin()], 1)) + self.operator(embedding)
        e = F.silu(self.mix(F.silu(e)))
        h = F.pixel_unshuffle(torch.cat([x[:, None], channels], 1), self.patch)
        h = self.stem(h) + self.place
        for block in self.before:
            h = block(h, e)
        skip, h = h, self.down(F.pixel_unshuffle(h, 2))
        for block in self.coarse:
            h = block(h, e)
        h = skip + F.pixel_shuffle(self.up(h), 2)
        for block in self.after:
            h = block(h, e)
        return F.pixel_shuffle(self.head(h), self.patch)[:, 0]


def image(channels):
    return (16, channels, 32, 32)


# The network, the shapes of its inputs, and that of its output.
CASES = {
    "mlp-256": (lambda: MLP(256), [(1024, 3)], (1024, 1)),
    "mlp-64": (lambda: MLP(64), [(128, 3)], (128, 1)),
    "residual-64": (Residual, [image(2)], image(1)),
    "chain-64": (Chain, [image(64)], image(64)),
    "transformer-128": (Transformer, [(1024, 128)], (1024, 128)),
    "unet": (UNet, [(64, 32, 32), (64,), (64, 3, 32, 32), (64, 9)], (64, 32, 32)),
}


def prepare(network, kind, device):
    make, x_shapes, y_shape = CASES[network]
    net = make().to(device)
    inputs, y = [torch.rand(s, device=device) * 2 - 1 for s in x_shapes], torch.rand(y_shape, device=device)
    if any(len(s) == 4 for s in x_shapes):  # the faster of PyTorch's two layouts on CPUs
        last = torch.channels_last
        net = net.to(memory_format=last)
        inputs, (y,) = ([t.to(memory_format=last) if t.dim() == 4 else t for t in ts] for ts in (inputs, [y]))
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)

    def step():
        optimiser.zero_grad()
        loss = ((net(*inputs) - y) ** 2).mean()
        loss.backward()
        optimiser.step()

    def forward():
        with torch.no_grad():
            net(*inputs)

    return step if kind == "step" else forward


def main():
    device = "cuda" if len(sys.argv) > 1 and sys.argv[1] == "cuda" else "cpu"
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "device": device}), flush=True)
    prepared = {}
    for line in sys.stdin:
        ask = json.loads(line)
        torch.set_num_threads(ask["threads"])
        key = ask["network"], ask["kind"]
        if key not in prepared:
            prepared[key] = prepare(*key, device)
            for _ in range(3):
                prepared[key]()
        milliseconds = []
        for _ in range(ask["repeats"]):
            wait()
            start = time.perf_counter()
            prepared[key]()
            wait()
            milliseconds.append(1e3 * (time.perf_counter() - start))
        print(json.dumps({"milliseconds": milliseconds}), flush=True)


if __name__ == "__main__":
    main()
