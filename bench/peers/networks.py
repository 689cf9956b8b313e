"""The networks of bench/networks.ts in eager PyTorch, timed on request.

Reads one JSON object a line, {"network": name, "kind": "step" | "forward", "repeats": n, "threads": k}, and answers one:
{"milliseconds": [...]}. The first line it prints says what it is.
"""

import json
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


def image(channels):
    return (16, channels, 32, 32)


CASES = {
    "mlp-256": (lambda: MLP(256), (1024, 3), (1024, 1)),
    "mlp-64": (lambda: MLP(64), (128, 3), (128, 1)),
    "residual-64": (Residual, image(2), image(1)),
    "chain-64": (Chain, image(64), image(64)),
    "transformer-128": (Transformer, (1024, 128), (1024, 128)),
}


def prepare(network, kind, device):
    make, x_shape, y_shape = CASES[network]
    net = make().to(device)
    x, y = torch.rand(x_shape, device=device) * 2 - 1, torch.rand(y_shape, device=device)
    if len(x_shape) == 4:  # the faster of PyTorch's two layouts on CPUs
        net, x = net.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
        y = y.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)

    def step():
        optimiser.zero_grad()
        loss = ((net(x) - y) ** 2).mean()
        loss.backward()
        optimiser.step()

    def forward():
        with torch.no_grad():
            net(x)

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
