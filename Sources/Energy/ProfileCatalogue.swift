// SPDX-License-Identifier: Apache-2.0

/// The daily profiles that a scenario can name, wholesale prices and average (not marginal) carbon intensities.
public enum ProfileCatalogue {
  public static func price(_ name: String) -> DailyProfile? { prices.first { $0.name == name } }
  public static func carbon(_ name: String) -> DailyProfile? { carbons.first { $0.name == name } }

  public static let prices: [DailyProfile] = [
    DailyProfile(
      name: "caiso",
      hours: [44, 42, 40, 40, 42, 48, 54, 48, 32, 20, 14, 12, 12, 14, 18, 28, 46, 66, 88, 98, 92, 74, 58, 50],
      unit: "USD/MWh", publishedMean: 35...55, certainty: .recalled,
      source: "California, order of 2024: mean 35-55, strong duck, noon 0-20, 60-100 from 18 to 21 h"),
    DailyProfile(
      name: "ercot-west",
      hours: [20, 18, 17, 17, 18, 21, 26, 28, 25, 22, 21, 21, 22, 24, 28, 34, 42, 50, 58, 62, 52, 38, 30, 26],
      unit: "USD/MWh", publishedMean: 25...35, certainty: .recalled,
      source: "West Texas, order of 2024: mean 25-35; its scarcity spikes and negative hours are left out"),
    DailyProfile(
      name: "pjm",
      hours: [31, 29, 28, 28, 29, 33, 40, 46, 44, 41, 39, 38, 38, 38, 39, 41, 45, 52, 57, 56, 51, 45, 38, 34],
      unit: "USD/MWh", publishedMean: 35...45, certainty: .recalled,
      source: "PJM Dominion, order of 2024: mean 35-45, evening and winter-morning peaks; without capacity charge"),
    DailyProfile(
      name: "miso",
      hours: [19, 18, 17, 17, 18, 21, 26, 30, 30, 29, 28, 28, 28, 29, 30, 32, 35, 39, 41, 39, 34, 29, 23, 20],
      unit: "USD/MWh", publishedMean: 25...30, certainty: .recalled,
      source: "MISO and SPP in Iowa and Nebraska, order of 2024: mean 25-30, windy nights low"),
    DailyProfile(
      name: "pacific-nw",
      hours: [38, 36, 35, 35, 37, 43, 52, 56, 50, 44, 40, 37, 35, 35, 37, 41, 48, 57, 63, 62, 57, 51, 48, 43],
      unit: "USD/MWh", publishedMean: 30...60, certainty: .recalled,
      source: "Pacific Northwest, order of 2024: mean 30-60, hydro with a low spring that a day cannot show"),
    DailyProfile(
      name: "germany",
      hours: [71, 67, 65, 64, 66, 73, 87, 101, 103, 89, 73, 61, 53, 51, 56, 67, 81, 97, 113, 117, 106, 92, 82, 75.4],
      unit: "EUR/MWh", publishedMean: 79.6...79.6, certainty: .verified,
      source:
        "Germany, EPEX day-ahead 2024: base 79.6 EUR, peaks 7-9 and 18-21 h, noon dip; 457 negative hours left out"),
    DailyProfile(
      name: "nordic",
      hours: [28, 26, 25, 25, 26, 30, 37, 44, 45, 41, 37, 35, 33, 32, 32, 34, 38, 43, 46, 45, 41, 36, 32, 29],
      unit: "USD/MWh", publishedMean: 25...45, certainty: .recalled,
      source: "Finland and northern Scandinavia, order of 2024: mean 25-45; its spikes are left out"),
  ]

  public static let carbons: [DailyProfile] = [
    DailyProfile(
      name: "caiso",
      hours: [
        265, 262, 260, 260, 262, 268, 262, 232, 190, 165, 150, 142, 140, 142, 148, 165, 195, 240, 290, 310, 308, 298,
        286, 280,
      ],
      unit: "g/kWh", publishedMean: 200...260, certainty: .secondary,
      source: "California: annual mean 200-260 g/kWh, a factor of two within a day"),
    DailyProfile(
      name: "ercot-west",
      hours: [
        388, 383, 381, 381, 385, 393, 403, 405, 393, 379, 369, 360, 358, 360, 366, 376, 390, 408, 424, 430, 424, 412,
        400, 392,
      ],
      unit: "g/kWh", publishedMean: 380...400, certainty: .secondary,
      source: "Texas: annual mean 380-400 g/kWh; mild dip by day"),
    DailyProfile(
      name: "pjm",
      hours: [
        368, 364, 362, 362, 366, 374, 384, 388, 386, 382, 379, 376, 374, 374, 376, 380, 386, 394, 402, 404, 398, 390,
        380, 371,
      ],
      unit: "g/kWh", publishedMean: 350...400, certainty: .secondary,
      source: "PJM: annual mean 380 g/kWh, Virginia 350-400; nearly flat"),
    DailyProfile(
      name: "miso",
      hours: [
        395, 388, 384, 384, 390, 404, 424, 436, 438, 436, 432, 428, 426, 428, 432, 440, 450, 460, 466, 462, 450, 434,
        416, 397,
      ],
      unit: "g/kWh", publishedMean: 350...500, certainty: .secondary,
      source: "Iowa and MISO: annual mean 350-500 g/kWh; windy nights low"),
    DailyProfile(
      name: "germany",
      hours: [
        368, 364, 362, 362, 366, 376, 388, 386, 364, 336, 310, 290, 278, 276, 286, 306, 338, 372, 402, 416, 412, 400,
        386, 376,
      ],
      unit: "g/kWh", publishedMean: 330...380, certainty: .secondary,
      source: "Germany: annual mean 330-380 g/kWh; solar dip at noon"),
    DailyProfile(
      name: "nordic", hours: Array(repeating: 22.5, count: 24),
      unit: "g/kWh", publishedMean: 15...30, certainty: .secondary,
      source: "Sweden and Norway: annual mean 15-30 g/kWh; flat"),
  ]
}
