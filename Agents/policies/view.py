# SPDX-License-Identifier: Apache-2.0
"""The other side of the protocol of Documentation/ExternalPolicies.md: keeps the view and asks a function to decide."""
import sys
import zmq


class View:
    """What a policy sees. Jobs and sites are dictionaries with the fields of the protocol."""

    def __init__(self, hello):
        self.run, self.seed, self.sites = hello["run"], hello["seed"], hello["sites"]
        self.delay, self.capacity = hello["delay_s"], hello["capacity_bps"]
        self.residual = [list(row) for row in self.capacity]
        self.queue, self.running, self.now = {}, {}, 0

    def update(self, message):
        self.now = message["now_s"]
        for name, jobs in (("queue", self.queue), ("running", self.running)):
            if message["full"]:
                jobs.clear()
            changes = message.get(name, {})
            for job in changes.get("gone", []):
                del jobs[job]
            for job in changes.get("set", []):
                jobs[job["job"]] = job
        for change in message.get("sites", []):
            site = self.sites[change["site"]]
            site.setdefault("free_nodes", list(site["nodes"]))
            for node, gpus in change.pop("free", []):
                site["free_nodes"][node] = gpus
            site.update(change)
        for origin, target, rate in message.get("residual_bps", []):
            self.residual[origin][target] = rate

    def free(self):
        """Free GPUs of each node of each site, to be counted down while deciding."""
        return [list(site["free_nodes"]) for site in self.sites]


def serve(name, make):
    """Serves one run after another; `make(view)` gives a function that returns the decisions for the view."""
    socket = zmq.Context().socket(zmq.REP)
    # A run that starts the program listens on a file; otherwise the program listens, on tcp://*:PORT.
    launched = sys.argv[1].startswith("ipc:")
    (socket.connect if launched else socket.bind)(sys.argv[1])
    view = decide = None
    while True:
        message = socket.recv_json()
        if message["type"] == "bye":
            if launched:
                return
            socket.send_json({"type": "bye"})
        elif message["type"] == "hello":
            view = View(message)
            decide = make(view)
            socket.send_json({"type": "hello", "protocol": 1, "name": name})
        else:
            view.update(message)
            socket.send_json({"type": "decisions", "decisions": decide()})


def start(job, *pieces):
    """A decision; pieces are (site, gpus) or (site, gpus, [[node, gpus], ...])."""
    on = [dict(zip(("site", "gpus", "nodes"), piece)) for piece in pieces]
    return {"type": "start", "job": job["job"], "on": on}
