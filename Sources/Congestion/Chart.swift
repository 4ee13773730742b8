// SPDX-License-Identifier: Apache-2.0

import Quantities

/// One chart of lines over time, as a group of SVG elements.
struct Chart {
  struct Line {
    var name: String
    /// Broken where a value is missing.
    var points: [(x: Double, y: Double?)]
  }

  /// Round numbers along an axis, in a unit with a prefix that suits them.
  struct Axis {
    var label: String
    var ticks: [(value: Double, text: String)]
    var range: ClosedRange<Double>

    /// - Parameters:
    ///   - unit: of the values; prefixes from pico to peta are put before it. Empty for a plain number.
    ///   - isRounded: whether the range ends at a tick above `maximum`.
    init(_ name: String, unit: String, maximum: Double, isRounded: Bool) {
      let maximum = maximum > 0 && maximum.isFinite ? maximum : 1
      var scale = 1.0
      var prefix = ""
      if !unit.isEmpty {
        // Time knows no kiloseconds here, bytes and bits no fractions.
        let prefixes = [
          ("p", 1e-12), ("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("", 1), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12),
        ]
        let usable = prefixes.filter { unit == "s" ? $0.1 <= 1 : $0.1 >= 1 }
        (prefix, scale) = usable.last { maximum >= $0.1 } ?? usable[0]
      }
      label = unit.isEmpty ? name : "\(name) (\(prefix)\(unit))"
      let step = Self.step(maximum / scale / 5)
      // A maximum that lies on a tick gets that tick, whatever its last bits say.
      let steps = maximum / scale / step
      let count = Int(isRounded ? (steps - 1e-9).rounded(.up) : (steps + 1e-9).rounded(.down))
      ticks = (0...max(1, count)).map { index in
        let value = Double(index) * step
        return (value * scale, Quantity.rounded(value, digits: 6))
      }
      range = 0...(isRounded ? (ticks.last?.value ?? maximum) : maximum)
      ticks.removeAll { $0.value > range.upperBound * (1 + 1e-9) }
    }

    /// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `value`.
    static func step(_ value: Double) -> Double {
      var power = 1.0
      while power * 10 <= value { power *= 10 }
      while power > value { power /= 10 }
      return [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= value * (1 - 1e-9) } ?? 10 * power
    }
  }

  static let width = 960.0
  static let height = 270.0
  private static let left = 80.0
  private static let right = 690.0
  private static let top = 34.0
  private static let bottom = 220.0
  /// Okabe and Ito's colours, which people with any colour vision tell apart, and black.
  private static let colours = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8A8A00",
  ]

  var title: String
  var horizontal: Axis
  var vertical: Axis
  var lines: [Line]
  /// The first part of the time, shaded.
  var warmup: Double
  /// A sentence below the legend.
  var note = ""

  /// Elements with their upper left corner at (0, `offset`).
  func svg(offset: Double) -> String {
    var out = "<g transform=\"translate(0 \(Self.number(offset)))\">\n"
    out += Self.text(Self.left, 20, title, size: 15, weight: "bold")
    if warmup > 0 {
      let end = x(min(warmup, horizontal.range.upperBound))
      let size = "width=\"\(Self.number(end - Self.left))\" height=\"\(Self.number(Self.bottom - Self.top))\""
      out += "<rect x=\"\(Self.number(Self.left))\" y=\"\(Self.number(Self.top))\" \(size) fill=\"#eeeeee\"/>\n"
      if end - Self.left > 60 { out += Self.text(Self.left + 5, Self.bottom - 6, "warm-up", size: 11, fill: "#666666") }
    }
    for tick in vertical.ticks {
      let y = y(tick.value)
      out += Self.line(Self.left, y, Self.right, y, "#dddddd")
      out += Self.text(Self.left - 8, y + 4, tick.text, anchor: "end")
    }
    for tick in horizontal.ticks {
      let x = x(tick.value)
      out += Self.line(x, Self.bottom, x, Self.bottom + 5, "#444444")
      out += Self.text(x, Self.bottom + 19, tick.text, anchor: "middle")
    }
    out += Self.line(Self.left, Self.bottom, Self.right, Self.bottom, "#444444")
    out += Self.line(Self.left, Self.top, Self.left, Self.bottom, "#444444")
    out += Self.text((Self.left + Self.right) / 2, Self.bottom + 38, horizontal.label, anchor: "middle")
    let middle = (Self.top + Self.bottom) / 2
    out += "<g transform=\"translate(18 \(Self.number(middle))) rotate(-90)\">"
    out += Self.text(0, 0, vertical.label, anchor: "middle")
    out += "</g>\n"
    for (index, line) in lines.enumerated() { out += curve(line, index) + legend(line.name, index) }
    if !note.isEmpty {
      out += Self.text(
        Self.right + 16, Self.top + 14 + 17 * Double(max(lines.count, 0)), note, size: 11, fill: "#666666")
    }
    return out + "</g>\n"
  }

  private func x(_ value: Double) -> Double {
    Self.left + (Self.right - Self.left) * value / horizontal.range.upperBound
  }

  private func y(_ value: Double) -> Double {
    let share = min(max(value / vertical.range.upperBound, 0), 1)
    return Self.bottom - (Self.bottom - Self.top) * share
  }

  private func style(_ index: Int) -> String {
    let dash = index / Self.colours.count > 0 ? " stroke-dasharray=\"6 3\"" : ""
    return "stroke=\"\(Self.colours[index % Self.colours.count])\" stroke-width=\"1.5\"\(dash) fill=\"none\""
  }

  private func curve(_ line: Line, _ index: Int) -> String {
    var path = ""
    var isPenDown = false
    for point in line.points {
      guard let value = point.y, value.isFinite else {
        isPenDown = false
        continue
      }
      path += "\(isPenDown ? "L" : "M")\(Self.number(x(point.x))) \(Self.number(y(value)))"
      isPenDown = true
    }
    return path.isEmpty
      ? "" : "<path d=\"\(path)\" \(style(index)) stroke-linejoin=\"round\" stroke-linecap=\"round\"/>\n"
  }

  private func legend(_ name: String, _ index: Int) -> String {
    let y = Self.top + 8 + 17 * Double(index)
    let start = Self.right + 16
    return "<path d=\"M\(Self.number(start)) \(Self.number(y))h22\" \(style(index))/>\n"
      + Self.text(start + 28, y + 4, name.count > 32 ? String(name.prefix(31)) + "…" : name)
  }

  private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ colour: String) -> String {
    "<path d=\"M\(number(x1)) \(number(y1))L\(number(x2)) \(number(y2))\" stroke=\"\(colour)\" fill=\"none\"/>\n"
  }

  static func text(
    _ x: Double, _ y: Double, _ text: String, size: Int = 12, anchor: String = "start", weight: String = "normal",
    fill: String = "#222222"
  ) -> String {
    let safe = text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    return "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" text-anchor=\"\(anchor)\" "
      + "font-weight=\"\(weight)\" fill=\"\(fill)\">\(safe)</text>\n"
  }

  /// A coordinate, to a tenth of a pixel.
  static func number(_ value: Double) -> String { Quantity.number((value * 10).rounded() / 10) }
}
