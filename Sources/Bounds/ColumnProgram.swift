// SPDX-License-Identifier: Apache-2.0

import CBC

/// A linear programme that grows: solved, priced, and solved again from where it was, with more columns.
///
/// Solved by COIN-OR's Clp in one thread, so that equal programmes give equal answers.
final class ColumnProgram {
  struct Columns {
    var costs: [Double] = []
    var upper: [Double] = []
    var starts: [CoinBigIndex] = [0]
    var rows: [Int32] = []
    var coefficients: [Double] = []

    var count: Int { costs.count }

    mutating func add(cost: Double, upper limit: Double = .infinity, _ entries: [(row: Int, Double)]) {
      costs.append(cost)
      upper.append(limit)
      for (row, coefficient) in entries {
        rows.append(Int32(row))
        coefficients.append(coefficient)
      }
      starts.append(CoinBigIndex(rows.count))
    }
  }

  private let simplex: UnsafeMutableRawPointer?
  private let rowCount: Int
  private var columnCount = 0
  private var isFirst = true

  /// - Parameters: the limits of the rows.
  init(rowLower: [Double], rowUpper: [Double]) {
    rowCount = rowLower.count
    simplex = Clp_newModel()
    Clp_setLogLevel(simplex, 0)
    Clp_loadProblem(simplex, 0, Int32(rowCount), [0], [], [], [], [], [], rowLower, rowUpper)
  }

  deinit { Clp_deleteModel(simplex) }

  func add(_ columns: Columns) {
    guard columns.count > 0 else { return }
    Clp_addColumns(
      simplex, Int32(columns.count), [Double](repeating: 0, count: columns.count), columns.upper, columns.costs,
      columns.starts, columns.rows, columns.coefficients)
    columnCount += columns.count
  }

  /// - Returns: objective, values by column, prices by row.
  func solve() throws(ProgramError) -> (objective: Double, values: [Double], prices: [Double]) {
    if isFirst { _ = Clp_initialSolve(simplex) } else { _ = Clp_primal(simplex, 0) }
    isFirst = false
    switch Clp_status(simplex) {
    case 0: break
    case 1: throw .infeasible
    case 2: throw .unbounded
    case let status: throw .unsolved(Int(status))
    }
    let values = Array(UnsafeBufferPointer(start: Clp_primalColumnSolution(simplex), count: columnCount))
    let prices = Array(UnsafeBufferPointer(start: Clp_dualRowSolution(simplex), count: rowCount))
    return (Clp_objectiveValue(simplex), values, prices)
  }
}
