// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import GRDBSQLite

/// Writes `run.sqlite`. The file is useless until ``finish(_:)``; it is written under another name and renamed
/// afterwards, so neither a journal nor waiting for the disk is needed on the way.
enum RunDatabase {
  /// Inserts rows into one table.
  ///
  /// Values go straight to SQLite's own functions: through GRDB's arguments a run of a million jobs takes twice as long
  /// to finish. That is safe because the statement outlives every call, each text is copied by SQLite before the call
  /// returns, and the number of values is checked against that of the columns.
  final class Inserter {
    private let statement: Statement
    private let columns: Int
    /// Asks SQLite to copy a text: the constant SQLITE_TRANSIENT, which Swift does not import.
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(_ database: Database, _ table: Table) throws {
      let marks = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
      statement = try database.makeStatement(sql: "INSERT INTO \(table.name) VALUES (\(marks))")
      columns = table.columns.count
    }

    func insert(_ row: [Cell]) throws {
      precondition(row.count == columns, "a row has as many values as its table has columns")
      let handle = statement.sqliteStatement
      for (index, cell) in row.enumerated() {
        try check(Self.bind(cell, to: handle, at: Int32(index + 1)))
      }
      let result = sqlite3_step(handle)
      sqlite3_reset(handle)
      guard result == SQLITE_DONE else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
    }

    private func check(_ result: Int32) throws {
      guard result == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: result)) }
    }

    /// Times and exact decimals become the nearest `Double`, the one that reading the CSV field gives.
    private static func bind(_ cell: Cell, to handle: SQLiteStatement, at index: Int32) -> Int32 {
      switch cell {
      case .empty: return sqlite3_bind_null(handle, index)
      case .text(let text): return sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), copied)
      case .integer(let value): return sqlite3_bind_int64(handle, index, value)
      case .real(let value): return sqlite3_bind_double(handle, index, value == 0 ? 0 : value)
      case .time(let time): return sqlite3_bind_double(handle, index, CanonicalNumber.double(time))
      case .scaled(let value, let decimals):
        let number = Double(CanonicalNumber.scaled(value, decimals: decimals)) ?? 0
        return sqlite3_bind_double(handle, index, number)
      }
    }
  }

  /// Creates the database with all its tables and hands it to `body`; then builds the indices and closes it.
  static func create(at path: String, body: (Database) throws -> Void) throws {
    do {
      var configuration = Configuration()
      configuration.prepareDatabase { database in
        try database.execute(
          sql: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE")
      }
      let queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { database in
        for table in Table.all { try database.execute(sql: definition(of: table)) }
        try body(database)
        for table in Table.all {
          for column in table.indices {
            try database.execute(
              sql: "CREATE INDEX \"\(table.name)_\(column)\" ON \(table.name) (\"\(column)\")")
          }
        }
      }
      try queue.close()
    } catch let error as DatabaseError {
      throw ResultsError.badFile(path: path, problem: "cannot be written: \(error)")
    }
    try FileOutput.sync(path)
  }

  private static func definition(of table: Table) -> String {
    let columns = table.columns.map { "\"\($0.name)\" \($0.kind.rawValue)" }.joined(separator: ", ")
    return "CREATE TABLE \(table.name) (\(columns))"
  }
}
