"""`python -m benchmarks.performance.products`: gigaflop a second of torch.mm on one thread, for reference."""

import time

import torch

from benchmarks.performance.gate import Gate

SIZE, PRODUCTS = 1024, 10


def main() -> None:
    torch.set_num_threads(1)
    a, b = torch.rand(SIZE, SIZE), torch.rand(SIZE, SIZE)
    out = torch.empty(SIZE, SIZE)
    gate = Gate()
    while True:
        gate.open()
        began = time.perf_counter()
        for _ in range(PRODUCTS):
            torch.mm(a, b, out=out)
        gate.tell(PRODUCTS * 2 * SIZE**3 / 1e9 / (time.perf_counter() - began))


if __name__ == "__main__":
    main()
