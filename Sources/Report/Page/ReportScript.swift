// SPDX-License-Identifier: Apache-2.0

/// Draws the charts of a report from the data that lie in the page.
enum ReportScript {
  static let javascript = #"""
    (function () {
      "use strict";
      const data = JSON.parse(document.getElementById("data").textContent);
      const charts = [];
      const ink = "#1b1f24", soft = "#59636e", line = "#e3e7ea";
      Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
      Chart.defaults.font.size = 12;
      Chart.defaults.color = soft;
      Chart.defaults.animation = false;
      Chart.defaults.responsive = true;
      Chart.defaults.maintainAspectRatio = false;
      const shapes = ["circle", "rect", "triangle", "rectRot", "rectRounded", "star", "crossRot", "cross"];
      const dashes = [[], [6, 3], [2, 2], [8, 3, 2, 3]];
      const colour = i => data.colours[i % data.colours.length];
      const dash = i => dashes[Math.floor(i / data.colours.length) % dashes.length];
      const time = s => s < 1 ? s.toPrecision(1) + " s" : s < 120 ? +s.toPrecision(3) + " s"
        : s < 7200 ? +(s / 60).toPrecision(3) + " min" : s < 172800 ? +(s / 3600).toPrecision(3) + " h"
        : +(s / 86400).toPrecision(3) + " d";
      const axis = (title, extra) => Object.assign({
        title: { display: true, text: title, color: ink }, grid: { color: line }, border: { color: soft }
      }, extra || {});
      const legend = { position: "bottom", labels: { usePointStyle: true, boxWidth: 8, boxHeight: 8, padding: 10, color: ink } };
      function draw(id, config) {
        const canvas = document.getElementById(id);
        if (canvas) { const chart = new Chart(canvas, config); charts.push(chart); return chart; }
        return null;
      }
      // The name of each point beside it, on the side where there is room.
      const names = {
        id: "names",
        afterDatasetsDraw(chart) {
          const ctx = chart.ctx;
          ctx.save();
          ctx.font = "11px " + Chart.defaults.font.family;
          ctx.fillStyle = ink;
          const taken = [];
          chart.data.datasets.forEach((set, i) => {
            if (!set.name) return;
            const point = chart.getDatasetMeta(i).data[0];
            if (!point) return;
            const width = ctx.measureText(set.name).width;
            const right = point.x + 9 + width <= chart.chartArea.right;
            const x = right ? point.x + 9 : point.x - 9 - width;
            let y = point.y + 4;
            for (let tries = 0; tries < 24; tries++) {
              const hit = taken.some(t => x < t.x + t.w + 4 && x + width + 4 > t.x && Math.abs(y - t.y) < 12);
              if (!hit) break;
              y += (tries % 2 ? 1 : -1) * 6 * (tries + 1);
            }
            y = Math.min(Math.max(y, chart.chartArea.top + 10), chart.chartArea.bottom - 3);
            taken.push({ x: x, y: y, w: width });
            ctx.fillText(set.name, x, y);
          });
          ctx.restore();
        }
      };
      const bars = {
        id: "bars",
        beforeDatasetsDraw(chart) {
          const ctx = chart.ctx, x = chart.scales.x, y = chart.scales.y;
          const area = chart.chartArea;
          ctx.save();
          ctx.beginPath();
          ctx.rect(area.left, area.top, area.width, area.height);
          ctx.clip();
          ctx.lineWidth = 1;
          chart.data.datasets.forEach(set => {
            if (!set.range) return;
            ctx.strokeStyle = set.borderColor;
            ctx.globalAlpha = 0.35;
            const p = set.data[0], r = set.range;
            ctx.beginPath();
            ctx.moveTo(x.getPixelForValue(r.xlow), y.getPixelForValue(p.y));
            ctx.lineTo(x.getPixelForValue(r.xhigh), y.getPixelForValue(p.y));
            ctx.moveTo(x.getPixelForValue(p.x), y.getPixelForValue(r.ylow));
            ctx.lineTo(x.getPixelForValue(p.x), y.getPixelForValue(r.yhigh));
            ctx.stroke();
          });
          ctx.restore();
        }
      };
      data.cases.forEach((one, c) => {
        const sets = [];
        one.scatter.forEach(p => sets.push({
          label: p.name, name: p.name, type: "scatter", data: [{ x: p.x, y: p.y }], range: p,
          pointStyle: shapes[p.index % shapes.length], pointRadius: p.pareto ? 7 : 5,
          borderColor: colour(p.index), backgroundColor: p.pareto ? colour(p.index) : "#fff", borderWidth: 2
        }));
        if (one.front.length > 1) sets.push({
          label: "Pareto front", type: "line", data: one.front, borderColor: ink, borderWidth: 1.2, borderDash: [5, 4],
          pointRadius: 0, stepped: "after", fill: false
        });
        if (one.bound.length > 0) sets.push({
          label: "least cost that any schedule can have at a policy's completion time", type: "scatter", data: one.bound,
          borderColor: soft, backgroundColor: soft, borderWidth: 2.5, pointStyle: "line", pointRadius: 9
        });
        draw("scatter-" + c, {
          type: "scatter", data: { datasets: sets },
          options: {
            layout: { padding: { right: 12, top: 8 } },
            scales: {
              x: axis("mean completion time, h", one.wide ? { type: "logarithmic" } : {}),
              y: axis("energy cost of the jobs, USD", { ticks: { callback: v => v.toLocaleString("en-US") } })
            },
            plugins: {
              legend: { position: "bottom", labels: { usePointStyle: true, color: ink, padding: 10,
                filter: item => !sets[item.datasetIndex].name } },
              tooltip: { callbacks: { label: t => (t.dataset.name || t.dataset.label) + ": " + (+t.parsed.x.toPrecision(4))
                + " h, " + Math.round(t.parsed.y).toLocaleString("en-US") + " USD" } }
            }
          }, plugins: [names, bars]
        });
      });
      function cdf(id, key, title) {
        draw(id, {
          type: "line",
          data: { datasets: data.policies.map((name, i) => ({
            label: name, data: data[key][i].map((x, k) => ({ x: Math.max(1, x), y: k / 2 })), borderColor: colour(i),
            backgroundColor: colour(i), borderDash: dash(i), borderWidth: 1.6, pointRadius: 0, pointStyle: "line", parsing: false
          })) },
          options: {
            scales: {
              x: axis(title, { type: "logarithmic", min: 1, ticks: { callback: v =>
                [1, 10, 60, 600, 3600, 36000, 86400, 864000, 8640000].includes(v) ? time(v) : null, autoSkip: false, maxRotation: 0 },
                afterBuildTicks: a => { a.ticks = [1, 10, 60, 600, 3600, 36000, 86400, 864000, 8640000]
                  .filter(v => v >= a.min && v <= a.max).map(v => ({ value: v })); } }),
              y: axis("share of jobs, %", { min: 0, max: 100 })
            },
            plugins: { legend: legend, tooltip: { mode: "nearest", intersect: false, callbacks: {
              label: t => t.dataset.label + ": " + t.parsed.y + " % within " + time(t.parsed.x) } } }
          }
        });
      }
      cdf("cdf-completion", "completion", "completion time");
      cdf("cdf-wait", "wait", "wait (1 s and less at the left)");
      const lines = {};
      function sites(id, key, title) {
        lines[id] = { key: key, chart: draw(id, {
          type: "line",
          data: { datasets: data.sites.map((s, i) => ({
            label: s.name, data: [], borderColor: colour(i), backgroundColor: colour(i), borderDash: dash(i), borderWidth: 1.5,
            pointRadius: 0, pointStyle: "line", stepped: true, parsing: false
          })) },
          options: {
            scales: { x: axis("days from the start of the window", { type: "linear", min: data.dayFrom, max: data.dayTo }),
              y: axis(title, key === "price" ? {} : { beginAtZero: true }) },
            plugins: { legend: legend, tooltip: { mode: "nearest", intersect: false } }
          }
        }) };
      }
      sites("line-gpus", "gpus", "busy GPUs");
      sites("line-power", "power", "power, kW");
      sites("line-price", "price", "USD/MWh");
      function show(policy) {
        for (const id in lines) {
          const entry = lines[id];
          if (!entry.chart) continue;
          data.sites.forEach((site, s) => {
            const values = entry.key === "price" ? site.price : data.timelines[policy][s][entry.key];
            entry.chart.data.datasets[s].data = values.map((v, h) => ({ x: (h + data.firstHour) / 24, y: v }));
          });
          entry.chart.update("none");
        }
      }
      const choice = document.getElementById("policy");
      if (choice) choice.addEventListener("change", () => show(+choice.value));
      if (data.sites.length > 0) show(choice ? +choice.value : 0);
      window.addEventListener("beforeprint", () => charts.forEach(c => c.resize()));
      // A chart counts as drawn when there is ink on it.
      const inked = charts.filter(c => {
        const w = c.canvas.width, h = c.canvas.height;
        if (!w || !h) return false;
        const pixels = c.ctx.getImageData(0, 0, w, h).data;
        for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) return true;
        return false;
      });
      document.documentElement.dataset.charts = String(inked.length);
    })();
    """#
}
