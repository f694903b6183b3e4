"""A worker process that is stopped whenever it is not its turn."""
import json
import os
import select
import signal
import subprocess
import tempfile
import time


class WorkerFailed(Exception):
    pass


class Worker:
    """Speaks the protocol of README.md with one peer; `ready` holds what it said at first."""

    def __init__(self, command, environment, cores, patience):
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        self.pending = b""
        try:
            line = self._line(patience)
            if not line.startswith("ready "):
                raise WorkerFailed(f"expected `ready {{…}}`, found {line[:80]!r}")
            self.ready = json.loads(line[len("ready "):])
        except (WorkerFailed, ValueError) as error:
            self.close()
            raise WorkerFailed(str(error)) from None
        self.process.send_signal(signal.SIGSTOP)

    def batch(self, seconds):
        """Lets it run for that long. Its figures, and two parts of the time: `waited`, for a core;
        `others`, core time of other processes (its own threads may crowd each other)."""
        self.process.send_signal(signal.SIGCONT)
        waited, others, start = self._waited(), self._others(), time.monotonic()
        self._send(f"run {seconds}")
        figures = json.loads(self._line(seconds * 5 + 60))
        elapsed = time.monotonic() - start
        figures["waited"] = round((self._waited() - waited) / elapsed, 4)
        figures["others"] = round((self._others() - others) / elapsed, 4)
        self.process.send_signal(signal.SIGSTOP)
        return figures

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()

    def _send(self, text):
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise WorkerFailed(self._last_words()) from None

    def _line(self, patience):
        deadline = time.monotonic() + patience
        stdout = self.process.stdout.fileno()
        while b"\n" not in self.pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([stdout], [], [], left)[0]:
                raise WorkerFailed(f"said nothing for {patience:.0f} s")
            data = os.read(stdout, 65536)
            if not data:
                raise WorkerFailed(self._last_words())
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode()

    def _last_words(self):
        code = self.process.wait()
        self.errors.seek(0)
        lines = [line.strip() for line in self.errors if line.strip()]
        told = [line for line in lines if "error" in line.lower()] or lines or ["no message"]
        return f"exit {code}: {told[-1][:200]}"

    def _waited(self):
        """Seconds that its threads have been ready to run without getting a core."""
        total, folder = 0, f"/proc/{self.process.pid}/task"
        for thread in os.listdir(folder):
            try:
                with open(f"{folder}/{thread}/schedstat") as file:
                    total += int(file.read().split()[1])
            except (OSError, IndexError):
                pass
        return total * 1e-9

    def _others(self):
        """Seconds of core time that the whole machine has spent, less its own."""
        with open("/proc/stat") as file:
            ticks = [int(word) for word in file.readline().split()[1:9]]
        with open(f"/proc/{self.process.pid}/stat") as file:
            own = file.read().rsplit(")", 1)[1].split()[11:13]
        idle = ticks[3] + ticks[4]
        return (sum(ticks) - idle - sum(map(int, own))) / os.sysconf("SC_CLK_TCK")
