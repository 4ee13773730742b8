// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A folder for socket files that only this user may enter, removed with all it holds when its owner lets it go.
///
/// Its owner holds a lock on it for as long as it lives, however it ends. So ``removeAbandoned(prefix:under:)`` tells
/// the folders of killed processes from those in use, in whatever process namespace these run.
///
/// Swift destroys no global variable and nothing at all on `exit()`: hold the folder in a function that returns.
public struct SocketFolder: ~Copyable {
  /// The path of the folder, without a slash at its end.
  public let path: String
  private let descriptor: Int32

  /// Makes the folder.
  ///
  /// - Parameters:
  ///   - prefix: how its name begins; a name of six characters' choosing follows.
  ///   - parent: where to make it; nil stands for `TMPDIR`, or `/tmp` without it. Keep it short: the path of a socket
  ///     file is at most 107 bytes long, which the run directories of users easily exceed.
  public init(prefix: String = "longhaul-", under parent: String? = nil) throws(ZeroMQError) {
    let template = Array("\(Self.resolved(parent))/\(prefix)XXXXXX".utf8CString)
    // Another process may clean up between making and locking; then a new folder is made.
    while true {
      var name = template
      guard mkdtemp(&name) != nil else {
        throw ZeroMQError(
          errno: errno, operation: "make a folder for sockets", endpoint: Self.resolved(parent),
          advice: "the folder must exist and be writable; TMPDIR chooses another")
      }
      let path = String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
      if let descriptor = Self.lock(path) {
        self.path = path
        self.descriptor = descriptor
        return
      }
    }
  }

  deinit {
    Self.remove(path)
    close(descriptor)
  }

  /// The endpoint of a socket file in this folder.
  ///
  /// - Parameter name: the name of the file, without a slash.
  /// - Throws: `EINVAL` for a name with a slash or an empty one, `ENAMETOOLONG` when the path exceeds 107 bytes.
  public func endpoint(_ name: String) throws(ZeroMQError) -> String {
    let file = "\(path)/\(name)"
    guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(0x2F), !name.utf8.contains(0) else {
      throw ZeroMQError(
        errno: EINVAL, operation: "name a socket file", endpoint: "ipc://\(file)", advice: "expected a file name")
    }
    guard file.utf8.count <= 107 else {
      throw ZeroMQError(
        errno: ENAMETOOLONG, operation: "name a socket file", endpoint: "ipc://\(file)",
        advice: "the path has \(file.utf8.count) bytes, at most 107 are allowed; set TMPDIR to a shorter folder")
    }
    return "ipc://\(file)"
  }

  /// Removes the folders that processes of this user left behind when they were killed.
  ///
  /// - Returns: the paths of the folders that were removed, in order of their names.
  @discardableResult
  public static func removeAbandoned(prefix: String = "longhaul-", under parent: String? = nil) -> [String] {
    let parent = resolved(parent)
    var removed: [String] = []
    for name in names(in: parent) where name.hasPrefix(prefix) && name.utf8.count == prefix.utf8.count + 6 {
      let path = "\(parent)/\(name)"
      var status = stat()
      guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
        let descriptor = lock(path)
      else { continue }
      if remove(path) { removed.append(path) }
      close(descriptor)
    }
    return removed
  }

  /// An open, locked descriptor of the folder; nil when it is locked by another or gone.
  private static func lock(_ path: String) -> Int32? {
    // Not handed on to launched programs, which would keep the lock.
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    var status = stat()
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink > 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  /// Removes the socket files and then the folder; whether the folder is gone. Files that are no sockets are not ours:
  /// they stay, and the folder with them.
  @discardableResult
  private static func remove(_ path: String) -> Bool {
    for name in names(in: path) {
      SocketFile(at: "\(path)/\(name)")?.remove()
    }
    return rmdir(path) == 0
  }

  /// The names in a folder, in order, without those that begin with a dot.
  private static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private static func resolved(_ parent: String?) -> String {
    let parent = parent ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    return parent.count > 1 && parent.hasSuffix("/") ? String(parent.dropLast()) : parent
  }
}
