// SPDX-License-Identifier: Apache-2.0

import Simulation

/// The wet-bulb temperature: what evaporating water can cool air to.
public enum WetBulb {
  /// Relative humidity in per cent, and temperature in degrees Celsius, that the formula was fitted for.
  public static let humidityRange = 5.0...99.0
  public static let temperatureRange = -20.0...50.0

  /// Degrees Celsius, from temperature (degrees Celsius) and relative humidity (per cent) at sea-level pressure.
  ///
  /// Stull, "Wet-Bulb Temperature from Relative Humidity and Air Temperature", J. Appl. Meteorol. Climatol. 50 (2011),
  /// equation 1: errors from -1 to +0.65 degrees, 0.28 on the mean, within the ranges above and above the dry and cold
  /// corner of them. Deviation: humidity beyond 5 to 99 % is taken as the nearest of the two, and the result never
  /// exceeds the temperature itself, which the fit does by some hundredths in saturated air.
  public static func stull(temperature t: Double, humidity: Double) -> Double {
    let rh = min(max(humidity, humidityRange.lowerBound), humidityRange.upperBound)
    let atan = DeterministicMath.atan
    let first = t * atan(0.151977 * (rh + 8.313659).squareRoot())
    let second = atan(t + rh) - atan(rh - 1.676331)
    let third = 0.00391838 * rh * rh.squareRoot() * atan(0.023101 * rh)
    return min(t, first + second + third - 4.686035)
  }
}
