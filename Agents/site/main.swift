// SPDX-License-Identifier: Apache-2.0

// The data-centre agent: a Site machine behind a ZeroMQ socket. Usage, by the coordinator only:
//   longhaul-site ENDPOINT IDENTITY PARENT-PID
//
// It also stands between the coordinator and a policy of somebody else: it asks the kernel to be ended with its parent,
// which outlives what follows, and becomes the command.
//   longhaul-site --policy PARENT-PID ENDPOINT COMMAND

import CProcess
import Glibc
import Site
import ZeroMQ

func say(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  _ = bytes.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

func complain(_ text: String, status: Int32) -> Never {
  say("longhaul-site: \(text)")
  exit(status)
}

func serve(endpoint: String, identity: String) throws {
  let context = try Context()
  let socket = try Socket(context, .dealer, options: [.routingID(Array(identity.utf8)), .linger(milliseconds: 1000)])
  try socket.connect(endpoint)
  var shell = AgentShell()
  var frame: [UInt8] = []
  // Announces itself, so that the coordinator knows that words will arrive.
  try socket.send(Array("ready".utf8))
  while true {
    _ = try socket.receive(into: &frame)
    guard let reply = shell.answer(frame) else { return }
    try socket.send(reply)
  }
}

func becomePolicy(parent: Int32, endpoint: String, command: String) -> Never {
  guard longhaul_die_with_parent(SIGKILL) == 0, getppid() == parent else {
    complain("the coordinator is gone", status: 1)
  }
  // The shell cuts the command into words; the endpoint is its last argument.
  let words = ["/bin/sh", "-c", "exec \(command) \"$0\"", endpoint]
  var argv = words.map { strdup($0) }
  argv.append(nil)
  execv("/bin/sh", argv)
  complain("cannot start /bin/sh: \(String(cString: strerror(errno)))", status: 127)
}

let arguments = CommandLine.arguments
if arguments.count == 5, arguments[1] == "--policy", let parent = Int32(arguments[2]) {
  becomePolicy(parent: parent, endpoint: arguments[3], command: arguments[4])
}
guard arguments.count == 4, let parent = Int32(arguments[3]) else {
  complain("started by 'longhaul emulate', not by hand: expected ENDPOINT IDENTITY PARENT-PID", status: 2)
}
let file = arguments[1].hasPrefix("ipc://") ? String(arguments[1].dropFirst(6)) : ""
let folder = file.lastIndex(of: "/").map { String(file[..<$0]) } ?? ""
guard longhaul_leave_with_parent(file, folder) == 0 else { complain("cannot follow the parent", status: 1) }
// The parent may have ended before the wish was known.
guard getppid() == parent else { complain("the coordinator is gone", status: 1) }
say("site agent \(arguments[2]), process \(getpid()), started")
do {
  try serve(endpoint: arguments[1], identity: arguments[2])
} catch {
  complain("\(error)", status: 1)
}
