// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The file that stands for an `ipc://` endpoint.
///
/// libzmq deletes whatever is at the path before it binds (a listener that is alive, a file of the user's), and leaves
/// its own file behind when it closes. Both are put right here.
struct SocketFile {
  let path: String
  private let device: dev_t
  private let inode: ino_t

  /// The file at `path`, as it is now; nil when there is no socket file.
  init?(at path: String) {
    var status = stat()
    guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return nil }
    self.path = path
    device = status.st_dev
    inode = status.st_ino
  }

  /// Removes the file if it is still the same one, and not one that somebody else made at that path since.
  func remove() {
    guard let now = SocketFile(at: path), now.device == device, now.inode == inode else { return }
    unlink(path)
  }

  /// The path in an `ipc://` endpoint; nil for other transports, for libzmq's wildcard (it removes that file itself)
  /// and for Linux's abstract names, which are no files.
  static func path(of endpoint: String) -> String? {
    let scheme = "ipc://"
    guard endpoint.hasPrefix(scheme) else { return nil }
    let path = endpoint.dropFirst(scheme.count)
    guard let first = path.first, first != "@", path != "*" else { return nil }
    return String(path)
  }

  /// Makes sure that binding to `path` destroys nothing but a socket file that nobody listens at.
  ///
  /// Between this look and libzmq's binding another process may come first; private folders (``SocketFolder``) close
  /// that gap.
  static func makeWay(at path: String, for endpoint: String) throws(ZeroMQError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ZeroMQError(
        errno: EEXIST, operation: "bind", endpoint: endpoint,
        advice: "the path is taken by something that is no socket; remove it or choose another endpoint")
    }
    guard isListening(at: path) else { return }
    throw ZeroMQError(
      errno: EADDRINUSE, operation: "bind", endpoint: endpoint,
      advice: "another socket is bound there; stop it or choose another endpoint")
  }

  /// Whether a process accepts connections at a socket file; a full backlog (`EAGAIN`) means that one does.
  private static func isListening(at path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    // Too long for a socket file: libzmq will say so.
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { close(probe) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(probe, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return status == 0 || errno == EAGAIN || errno == EINPROGRESS
  }
}
