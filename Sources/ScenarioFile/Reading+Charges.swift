// SPDX-License-Identifier: Apache-2.0

import Energy
import Foundation
import Quantities

extension Reading {
  /// `forecast: {kind: noise, error: 5 %, seed: 1}`.
  func readForecast(_ field: Field?) throws(ScenarioError) -> (rule: ForecastRule, output: Output) {
    let section = try field?.section(["kind", "error", "seed"])
    let kind =
      try section.map { (section) throws(ScenarioError) in
        try section.required("kind", example: "kind: persistence").word(of: ["perfect", "persistence", "noise"])
      } ?? "perfect"
    guard kind == "noise" else {
      for name in ["error", "seed"] {
        if let stray = section?.optional(name) { throw stray.error("'\(name)' belongs to kind noise", "Remove it.") }
      }
      return (kind == "perfect" ? .perfect : .persistence, .flow([("kind", .text(kind))]))
    }
    let errorField = try section!.required("error", example: "error: 5 %")
    let error = try errorField.quantity(Quantity.parsePercentOrNumber)
    guard error >= 0, error <= 10 else {
      throw errorField.error("expected a share of the mean from 0 to 1,000 %, found '\(try errorField.text())'")
    }
    let noiseSeed = try section?.optional("seed")?.seed() ?? seed
    let output = Output.flow([
      ("kind", .text(kind)), ("error", .text("\(Quantity.number(error * 100)) %")), ("seed", .text(String(noiseSeed))),
    ])
    return (.noise(error: error, seed: noiseSeed), output)
  }

  /// `egress: {price: 0.02 USD/GB}` or `{file: matrix.csv, regions: {omaha: us-east-1, ...}}`.
  ///
  /// - Returns: USD for each GB, `[from][to]`; nil where traffic costs nothing.
  func readEgress(_ field: Field?, sites: [String]) throws(ScenarioError) -> (table: [[Double]]?, output: Output?) {
    guard let field else {
      assumptions.add("Traffic between sites costs nothing: no 'egress' is given, as over fibres of one's own.")
      return (nil, nil)
    }
    let section = try field.section(["price", "file", "regions", "unit"])
    switch (section.optional("price"), section.optional("file")) {
    case (let price?, nil):
      for name in ["regions", "unit"] {
        if let stray = section.optional(name) { throw stray.error("'\(name)' belongs to a file", "Remove it.") }
      }
      let usd = try price.quantity(Quantity.parseEgressPrice)
      let table = sites.indices.map { a in sites.indices.map { $0 == a ? 0 : usd } }
      return (table, .flow([("price", .text("\(Quantity.number(usd)) USD/GB"))]))
    case (nil, let file?): return try readEgressTable(file, section, sites: sites)
    default:
      throw field.error(
        "expected one of 'price' and 'file'",
        "For example: egress: {price: 0.02 USD/GB}, or egress: {file: aws.csv, regions: {omaha: us-east-2}}.")
    }
  }

  private func readEgressTable(
    _ file: Field, _ section: Section, sites: [String]
  ) throws(ScenarioError) -> (table: [[Double]]?, output: Output?) {
    let path = resolve(data: file, try file.text())
    guard let data = FileManager.default.contents(atPath: path) else {
      throw file.error("there is no file '\(path)' that can be read", "Paths are relative to the scenario's file.")
    }
    let unit = try section.optional("unit")?.word(of: ["USD/GB", "USD/TB"]) ?? "USD/GB"
    let scale = unit == "USD/GB" ? 1.0 : 0.001
    func error(_ line: Int, _ message: String) -> ScenarioError {
      ScenarioError(file: path, line: line, field: file.path, message: message)
    }
    var lines = CSVLines(Array(data))
    guard let header = lines.next(), header.fields.count > 1 else {
      throw error(1, "expected a table: sources down, destinations across")
    }
    let columns = Array(header.fields.dropFirst())
    var prices: [String: [Double]] = [:]
    while let line = lines.next() {
      guard line.fields.count == header.fields.count else {
        throw error(line.number, "expected \(header.fields.count) columns, found \(line.fields.count)")
      }
      var row: [Double] = []
      for text in line.fields.dropFirst() {
        guard let price = Quantity.parseNumber(text), price >= 0 else {
          throw error(line.number, "expected a price of at least 0, found '\(text)'")
        }
        row.append(price * scale)
      }
      prices[line.fields[0]] = row
    }
    let regionsField = try section.required("regions", example: "regions: {\(sites[0]): \(columns[0])}")
    let regions = try regionsField.section(sites)
    var names: [String] = []
    for site in sites {
      let region = try regions.required(site, example: "\(site): \(columns[0])")
      let name = try region.word(of: columns)
      guard prices[name] != nil else { throw region.error("'\(path)' has no row '\(name)'") }
      names.append(name)
    }
    let table = names.map { from in names.map { to in prices[from]![columns.firstIndex(of: to)!] } }
    return (
      table,
      .flow([
        ("file", .text(path)), ("unit", .text(unit)),
        ("regions", .flow(zip(sites, names).map { ($0, .text($1)) })),
      ])
    )
  }
}
