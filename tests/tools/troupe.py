"""A supervisor with a few small programs, started by the tests as a process of its own: troupe.py FOLDER PORT NAME...

A name says what the program does: `serve` answers HTTP and has a child of its own, `stubborn` refuses the polite
signal, `leave` ends by itself with the code 0, `chatter` prints without end. Each leaves its process ids in FOLDER.
"""

import signal
import sys
from dataclasses import replace
from pathlib import Path

from tools.supervisor import Program, ProgramDied, Supervisor, ToldToEnd, answers

TRACE = "import os, pathlib, sys; pathlib.Path(sys.argv[1], f'{os.getpid()}.pid').touch()\n"
SERVE = (
    TRACE
    + """
import http.server, subprocess
class Yes(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200), self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(('127.0.0.1', int(sys.argv[2])), Yes)
child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])
pathlib.Path(sys.argv[1], f'{child.pid}.pid').touch()
print('serving', flush=True)
server.serve_forever()
"""
)
STUBBORN = TRACE + "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('stubborn', flush=True)\n"
PROGRAMS = {
    "serve": SERVE,
    "stubborn": STUBBORN + "while True: signal.pause()",
    "leave": TRACE + "print('leaving', flush=True)",
    "chatter": TRACE + "while True: print('words', flush=True)",
}


def main(folder: Path, names: list[str], port: int) -> int:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may have been started with nohup
    programs = []
    for name in names:
        program = Program(name, [sys.executable, "-c", PROGRAMS[name], str(folder), str(port)], {})
        programs.append(replace(program, is_ready=answers(f"http://127.0.0.1:{port}/")) if name == "serve" else program)
    try:
        with Supervisor(folder, patience=1.0) as supervisor:
            for program in programs:
                supervisor.start(program)
            supervisor.wait_until_ready(programs, within=60)
            (folder / "ready").touch()
            supervisor.watch()
    except ToldToEnd:
        return 0
    except ProgramDied as death:
        print(death, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2])))
