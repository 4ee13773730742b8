// SPDX-License-Identifier: Apache-2.0

import CBC

/// Why a programme has no answer.
public enum ProgramError: Error, Equatable, CustomStringConvertible {
  case infeasible
  case unbounded
  /// The solver gave up; its own status.
  case unsolved(Int)

  public var description: String {
    switch self {
    case .infeasible: return "no values satisfy all constraints"
    case .unbounded: return "the objective has no limit"
    case .unsolved(let status): return "the solver gave up with status \(status)"
    }
  }
}

/// A linear programme, with some variables whole numbers if need be: the least sum of cost x value subject to
/// lower <= sum of coefficient x value <= upper for each row.
///
/// Solved by COIN-OR's Clp (linear) and Cbc (whole numbers), one thread each, so that equal programmes give equal
/// answers. Nothing of a run's digest depends on them.
public struct LinearProgram {
  public struct Solution {
    public var objective: Double
    /// By column.
    public var values: [Double]
    /// By row: how the objective moves with the limit that holds the row. Empty where there are whole numbers.
    public var rowPrices: [Double] = []
  }

  private var costs: [Double] = []
  private var lower: [Double] = []
  private var upper: [Double] = []
  private var wholes: [Int32] = []
  private var starts: [CoinBigIndex] = [0]
  private var rows: [Int32] = []
  private var coefficients: [Double] = []
  private var rowLower: [Double] = []
  private var rowUpper: [Double] = []

  public init() {}

  public var columnCount: Int { costs.count }
  public var rowCount: Int { rowLower.count }

  /// Adds a constraint; its coefficients come with the columns.
  public mutating func addRow(lower: Double = -.infinity, upper: Double = .infinity) -> Int {
    rowLower.append(lower)
    rowUpper.append(upper)
    return rowLower.count - 1
  }

  /// Adds a variable.
  ///
  /// - Parameter entries: rows, each once, with its coefficients there.
  public mutating func addColumn(
    cost: Double, lower: Double = 0, upper: Double = .infinity, isWhole: Bool = false, entries: [(row: Int, Double)]
  ) -> Int {
    costs.append(cost)
    self.lower.append(lower)
    self.upper.append(upper)
    for (row, coefficient) in entries {
      precondition(row >= 0 && row < rowLower.count, "a column names a row that is not there")
      rows.append(Int32(row))
      coefficients.append(coefficient)
    }
    starts.append(CoinBigIndex(rows.count))
    if isWhole { wholes.append(Int32(costs.count - 1)) }
    return costs.count - 1
  }

  /// - Throws: ``ProgramError``.
  public func solve() throws(ProgramError) -> Solution {
    if costs.isEmpty { return Solution(objective: 0, values: []) }
    return wholes.isEmpty ? try solveLinear() : try solveWhole()
  }

  private func solveLinear() throws(ProgramError) -> Solution {
    guard let model = Clp_newModel() else { throw .unsolved(-1) }
    defer { Clp_deleteModel(model) }
    Clp_setLogLevel(model, 0)
    Clp_loadProblem(
      model, Int32(costs.count), Int32(rowLower.count), starts, rows, coefficients, lower, upper, costs, rowLower,
      rowUpper)
    Clp_initialSolve(model)
    switch Clp_status(model) {
    case 0: break
    case 1: throw .infeasible
    case 2: throw .unbounded
    case let status: throw .unsolved(Int(status))
    }
    let values = UnsafeBufferPointer(start: Clp_primalColumnSolution(model), count: costs.count)
    let prices = UnsafeBufferPointer(start: Clp_dualRowSolution(model), count: rowLower.count)
    return Solution(objective: Clp_objectiveValue(model), values: Array(values), rowPrices: Array(prices))
  }

  /// Where the relaxation happens to be whole it is the answer; Cbc itself leaves some of these undecided, because its
  /// preprocessing takes every variable away.
  private func solveWhole() throws(ProgramError) -> Solution {
    let relaxed = try solveLinear()
    if wholes.allSatisfy({ abs(relaxed.values[Int($0)] - relaxed.values[Int($0)].rounded()) < 1e-9 }) { return relaxed }
    guard let model = Cbc_newModel() else { throw .unsolved(-1) }
    defer { Cbc_deleteModel(model) }
    Cbc_setLogLevel(model, 0)
    Cbc_loadProblem(
      model, Int32(costs.count), Int32(rowLower.count), starts, rows, coefficients, lower, upper, costs, rowLower,
      rowUpper)
    for column in wholes { Cbc_setInteger(model, column) }
    _ = Cbc_solve(model)
    if Cbc_isProvenInfeasible(model) != 0 { throw .infeasible }
    guard Cbc_isProvenOptimal(model) != 0 else { throw .unsolved(Int(Cbc_status(model))) }
    let values = UnsafeBufferPointer(start: Cbc_getColSolution(model), count: costs.count)
    return Solution(objective: Cbc_getObjValue(model), values: Array(values))
  }
}
