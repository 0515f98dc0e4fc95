"""placeholder until written"""


def bench_chat(folder):
    raise NotImplementedError
