// SPDX-License-Identifier: Apache-2.0

import Simulation

/// A place on Earth in degrees, north and east positive.
public struct Coordinates: Equatable, Sendable {
  public var latitude: Double
  public var longitude: Double

  public init(latitude: Double, longitude: Double) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// Mean radius of the Earth in kilometres (IUGG).
  public static let earthRadius = 6371.0088

  /// Distance along the great circle in kilometres, by the haversine formula.
  public func greatCircleKilometres(to other: Coordinates) -> Double {
    let degree = Double.pi / 180
    let dLatitude = (other.latitude - latitude) * degree
    let dLongitude = (other.longitude - longitude) * degree
    let a = DeterministicMath.sin(dLatitude / 2)
    let b = DeterministicMath.sin(dLongitude / 2)
    let h = a * a + DeterministicMath.cos(latitude * degree) * DeterministicMath.cos(other.latitude * degree) * b * b
    return 2 * Coordinates.earthRadius * DeterministicMath.asin(min(1, h.squareRoot()))
  }
}
