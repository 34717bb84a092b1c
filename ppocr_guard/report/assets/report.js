// Draws the curves of the report with uPlot. The data stands in the page as JSON (curves.py).
(() => {
  "use strict";
  const { words, runs } = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const plots = [];
  // How the reader wants the curves: for all charts of the page.
  const view = { axis: "step", smooth: 0, log: false };

  const COLORS = {
    main: "--c0", precision: "--c2", recall: "--c1", norm_edit_dis: "--c3", rescored: "--c3",
    total: "--c0", lr: "--c0", speed: "--c0", wait: "--c1",
    memory: "--c0", gpu_memory: "--c2", gpu_load: "--c3",
  };
  const PERCENT = ["wait", "gpu_load"]; // on an axis of their own, at the right
  const STEPPED = ["ratio"]; // by epoch: neither smoothed nor on another axis
  const SMOOTHED = ["loss", "lr", "pace", "memory"];
  const PARTS = ["--c2", "--c1", "--c3", "--c4", "--c5"];
  const DASHES = { scheduled: [6, 4], rescored: [6, 4] };

  const brief = (v) => {
    if (v == null) return "–";
    if (v !== 0 && (Math.abs(v) < 1e-3 || Math.abs(v) >= 1e6)) return v.toExponential(1);
    return String(+v.toPrecision(4));
  };
  const tick = (v) => {
    if (v == null) return "";
    const size = Math.abs(v);
    if (size >= 1e15 || (size > 0 && size < 1e-3)) return v.toExponential(1).replace(".0e", "e");
    for (const [unit, letter] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]]) {
      // 150k, and 12.5k; 1e4 itself is the first that is shortened.
      if (size >= unit) return +(v / (unit === 1e4 ? 1e3 : unit)).toPrecision(6) + letter;
    }
    return String(+v.toPrecision(6));
  };

  // How many of ascending values are not above x.
  function upTo(values, x) {
    let low = 0, high = values.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] <= x) low = middle + 1; else high = middle;
    }
    return low;
  }

  // The epoch that a step belongs to: the last one that began at or before it.
  function epochAt(run, step) {
    const { step: steps, epoch } = run.epochs;
    return epoch[Math.max(0, upTo(steps, step) - 1)];
  }

  // Where a step stands on the axis that was chosen.
  function place(run, step) {
    if (view.axis === "relative") return (100 * step) / run.planned;
    if (view.axis === "step") return step;
    const { step: steps, hours } = run.clock;
    const n = steps.length;
    if (n < 2) return 0;
    const i = Math.min(Math.max(1, upTo(steps, step)), n - 1);
    const share = (step - steps[i - 1]) / (steps[i] - steps[i - 1]);
    return hours[i - 1] + share * (hours[i] - hours[i - 1]);
  }

  // Exponential mean as in TensorBoard, with its start put right.
  function smoothed(values) {
    if (!view.smooth) return values;
    let mean = 0, weight = 0;
    return values.map((v) => {
      if (v == null) return v;
      mean = view.smooth * mean + (1 - view.smooth) * v;
      weight = view.smooth * weight + (1 - view.smooth);
      return mean / weight;
    });
  }

  // A chart as it is to be drawn: its x on the chosen axis, strictly ascending.
  function shown(run, name, chart) {
    const smooth = SMOOTHED.includes(name) ? smoothed : (values) => values;
    const series = chart.series.map((s) => ({ ...s, values: smooth(s.values) }));
    if (STEPPED.includes(name) || view.axis === "step") return { ...chart, series };
    let last = -Infinity;
    const x = chart.x.map((step) => {
      const at = place(run, step);
      last = at > last ? at : last + 1e-9 + Math.abs(last) * 1e-12;
      return last;
    });
    return { ...chart, x, steps: chart.x, series };
  }

  function seriesOf(chart) {
    let part = 0;
    return chart.series.map((one) => {
      const operator = one.operator === "MakeBorderMap" ? "--c1" : "--c0";
      const name = one.operator ? operator : COLORS[one.role] || PARTS[part++ % PARTS.length];
      const measured = one.role === "measured";
      const few = chart.x.length <= 60;
      const only = one.values.filter((v) => v != null).length === 1;
      const heavy = one.role === "main" || one.role === "total";
      return {
        label: one.label,
        stroke: color(name),
        width: heavy ? 2.25 : one.operator === "MakeBorderMap" ? 1.25 : 1.5,
        dash: DASHES[one.role],
        paths: measured ? () => null : chart.low ? steps : undefined,
        points: {
          show: measured || (only && !chart.low) || (few && heavy), size: measured ? 6 : 5,
          fill: measured ? color("--card") : color(name),
        },
        scale: PERCENT.includes(one.role) ? "percent" : "y",
        // Nothing under the mouse: the latest value.
        value: (_, v, __, i) => brief(i == null ? lastOf(one.values) : v),
      };
    });
  }

  // A ratio holds for a whole epoch: a step from halfway before it to halfway behind it.
  function edges(xs, i) {
    const left = i > 0 ? (xs[i - 1] + xs[i]) / 2 : xs[i] - (xs.length > 1 ? (xs[1] - xs[0]) / 2 : 0.5);
    const n = xs.length - 1;
    const right = i < n ? (xs[i] + xs[i + 1]) / 2 : xs[i] + (n > 0 ? (xs[n] - xs[n - 1]) / 2 : 0.5);
    return [left, right];
  }

  function steps(u, index) {
    const stroke = new Path2D();
    const [xs, ys] = [u.data[0], u.data[index]];
    let open = false;
    for (let i = 0; i < xs.length; i++) {
      if (ys[i] == null) { open = false; continue; }
      const [left, right] = edges(xs, i).map((x) => u.valToPos(x, "x", true));
      const y = u.valToPos(ys[i], "y", true);
      if (open) stroke.lineTo(left, y); else stroke.moveTo(left, y);
      stroke.lineTo(right, y);
      open = true;
    }
    return { stroke, fill: null, clip: null, band: null, gaps: null, flags: 1 };
  }

  // The expected ratio, also where it is one number: at least a few pixels high.
  function band(chart) {
    const drawClear = (u) => {
      const c = u.ctx, least = 7 * devicePixelRatio;
      c.save();
      c.beginPath();
      c.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
      c.clip();
      c.fillStyle = color("--band");
      let places = 0;
      for (let i = 0; i < chart.x.length; i++) {
        if (chart.low[i] == null || chart.high[i] == null) continue;
        const [left, right] = edges(chart.x, i).map((x) => u.valToPos(x, "x", true));
        const [low, high] = [chart.low[i], chart.high[i]].map((y) => u.valToPos(y, "y", true));
        const tall = Math.max(least, low - high);
        c.fillRect(left, (low + high) / 2 - tall / 2, right - left, tall);
        places++;
      }
      c.restore();
      u.root.parentNode.dataset.band = String(places);
    };
    return { hooks: { drawClear } };
  }

  const lastOf = (values) => values.reduce((last, v) => (v == null ? last : v), null);

  // Finite extent of several columns, or null.
  function extent(columns) {
    let low = Infinity, high = -Infinity;
    for (const column of columns) {
      for (const v of column) {
        if (v != null) { low = Math.min(low, v); high = Math.max(high, v); }
      }
    }
    return low > high ? null : [low, high];
  }

  function rangeOf(name, chart) {
    const values = chart.series.filter((s) => !PERCENT.includes(s.role)).map((s) => s.values);
    const found = extent(values.concat([chart.low || [], chart.high || []])) || [0, 1];
    const [low, high] = found;
    if (name === "metric") {
      return [Math.min(0, low), high <= 1 ? 1 : high * 1.05];
    }
    if (name === "ratio") {
      const room = Math.max(0.05, (high - low) * 0.2);
      return [Math.max(0, low - room), high + room];
    }
    return [Math.min(0, low), high > 0 ? high * 1.06 : 1];
  }

  // A diverging loss spans decades: a linear axis would show a wall and a flat line.
  const spansDecades = (chart) => {
    const total = chart.series[0].values.filter((v) => v != null && v > 0).sort((a, b) => a - b);
    return total.length > 2 && total[total.length - 1] > 100 * total[total.length >> 1];
  };

  // Vertical lines for alerts, resumes and the stop; numbers refer to the list of alerts.
  function marks(run, name, holder) {
    const at = name === "ratio" ? (a) => Math.max(1, a.epoch) : (a) => place(run, a.step);
    const tip = document.createElement("div");
    tip.className = "tip";
    holder.append(tip);
    let placed = [];

    function line(u, x, stroke, dash, width) {
      const left = Math.round(u.valToPos(x, "x", true)) + 0.5;
      if (left < u.bbox.left - 1 || left > u.bbox.left + u.bbox.width + 1) return null;
      const c = u.ctx;
      c.save();
      c.beginPath();
      c.strokeStyle = stroke;
      c.lineWidth = width * devicePixelRatio;
      c.setLineDash(dash.map((d) => d * devicePixelRatio));
      c.moveTo(left, u.bbox.top);
      c.lineTo(left, u.bbox.top + u.bbox.height);
      c.stroke();
      c.restore();
      return left;
    }

    function badge(u, left, text, fill) {
      const c = u.ctx, px = devicePixelRatio;
      c.save();
      c.font = `600 ${11 * px}px system-ui, sans-serif`;
      const width = Math.max(16 * px, c.measureText(text).width + 9 * px);
      const most = u.bbox.left + u.bbox.width - width / 2;
      const middle = Math.max(u.bbox.left + width / 2, Math.min(left, most));
      c.fillStyle = fill;
      c.beginPath();
      c.roundRect(middle - width / 2, u.bbox.top - 19 * px, width, 16 * px, 8 * px);
      c.fill();
      c.fillStyle = color("--card");
      c.textAlign = "center";
      c.textBaseline = "middle";
      c.fillText(text, middle, u.bbox.top - 10.5 * px);
      c.restore();
    }

    function draw(u) {
      const order = ["info", "warning", "critical"];
      placed = [];
      let stopped = null;
      if (name !== "ratio") {
        for (const x of run.resumes) line(u, place(run, x), color("--muted"), [2, 3], 1);
        if (run.stop != null) stopped = line(u, place(run, run.stop), color("--text"), [], 1.25);
        if (name === "loss") {
          for (const x of run.not_finite) line(u, place(run, x), color("--critical"), [], 0.75);
        }
      }
      for (const alert of run.alerts) {
        const left = line(u, at(alert), color("--" + alert.severity), [4, 3], 1.25);
        if (left == null) continue;
        const near = placed.find((g) => Math.abs(g.left - left) < 40 * devicePixelRatio);
        if (near) {
          near.numbers.push(alert.number);
          near.codes.push(alert.code);
          if (order.indexOf(alert.severity) > order.indexOf(near.severity)) {
            near.severity = alert.severity;
          }
        } else {
          placed.push({
            left, numbers: [alert.number], codes: [alert.code], severity: alert.severity,
            epoch: alert.epoch,
          });
        }
      }
      for (const group of placed) {
        const n = group.numbers;
        const text = n.length > 3 ? `${n[0]} … ${n[n.length - 1]}` : n.join(", ");
        badge(u, group.left, text, color("--" + group.severity));
      }
      const free = stopped != null && placed.every((g) => stopped - g.left > 56 * devicePixelRatio);
      if (free) badge(u, stopped, words.stop, color("--text"));
    }

    function hover(u) {
      const left = u.cursor.left * devicePixelRatio + u.bbox.left;
      const near = u.cursor.left < 0 || !holder.matches(":hover") ? null
        : placed.find((g) => Math.abs(g.left - left) < 7 * devicePixelRatio);
      tip.style.display = near ? "block" : "none";
      if (!near) return;
      tip.textContent = near.codes.map((code, i) => `${near.numbers[i]}  ${code}`).join("\n");
      tip.style.whiteSpace = "pre";
      const x = near.left / devicePixelRatio;
      const right = x + tip.offsetWidth + 12 > u.width;
      tip.style.left = `${right ? Math.max(0, x - tip.offsetWidth - 8) : x + 8}px`;
      tip.style.top = `${u.bbox.top / devicePixelRatio + 6}px`;
    }
    return { hooks: { draw, setCursor: hover } };
  }

  function axes(run, name, chart) {
    const font = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans CJK SC', sans-serif";
    const base = {
      stroke: color("--muted"), font, labelFont: font,
      grid: { stroke: color("--grid"), width: 1 }, ticks: { stroke: color("--line"), width: 1, size: 4 },
    };
    const whole = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500].concat(
      [1, 2, 5].flatMap((k) => [3, 4, 5, 6, 7].map((e) => k * 10 ** e))).sort((a, b) => a - b);
    const byEpoch = name === "ratio";
    const bySteps = !byEpoch && view.axis === "step";
    const unit = view.axis === "relative" ? "%" : words.hours;
    const bottom = {
      ...base, space: 64, incrs: byEpoch || bySteps ? whole : undefined, size: bySteps && run ? 46 : 32, gap: 5,
      grid: { show: false },
      values: (_, splits) => splits.map((s, i) => {
        const first = i === 0 && s === 0;
        if (byEpoch) return s < 1 ? "" : splits[i - 1] >= 1 ? tick(s) : words.at_epoch.replace("{epoch}", tick(s));
        if (!bySteps) return `${tick(s)} ${unit}`;
        const upper = first ? `${words.step} ${tick(s)}` : tick(s);
        const epoch = run ? epochAt(run, s) : null;
        const repeated = i > 0 && run && epoch === epochAt(run, splits[i - 1]) && splits[i - 1] > 0;
        return epoch == null || s === 0 || repeated
          ? upper : `${upper}\n${words.at_epoch.replace("{epoch}", epoch)}`;
      }),
    };
    const left = { ...base, scale: "y", size: 52, space: 36, values: (_, splits) => splits.map(tick) };
    const all = [bottom, left];
    if (chart.series.some((s) => PERCENT.includes(s.role))) {
      all.push({
        ...base, scale: "percent", side: 1, size: 44, space: 36, grid: { show: false },
        values: (_, splits) => splits.map((s) => `${s}%`),
      });
    }
    return all;
  }

  function options(run, name, chart, holder, width, sync) {
    const bounds = rangeOf(name, chart);
    const log = name === "loss" && (view.log || spansDecades(chart)) || (name === "lr" && view.log);
    const first = chart.x[0], last = chart.x[chart.x.length - 1];
    const byEpoch = name === "ratio";
    const begin = byEpoch ? Math.min(first, 1) : 0;
    const end = Math.max(byEpoch ? last : run ? place(run, run.last_step) : last, begin + (view.axis === "step" ? 1 : 1e-6));
    const ends = [edges(chart.x, 0)[0], edges(chart.x, chart.x.length - 1)[1]];
    const series = seriesOf(chart);
    const bySteps = view.axis === "step";
    const heading = byEpoch ? words.epoch : bySteps ? words.step : view.axis === "relative" ? "%" : words.hours;
    const opts = {
      width, height: height(holder), padding: [22, 34, 0, 0],
      scales: {
        // Nothing zoomed: show the whole run, so that the curves of a run stand aligned.
        x: { time: false, range: (_, lo, hi) => (byEpoch ? ends : lo === first && hi === last ? [begin, end] : [lo, hi]) },
        y: log ? { distr: 3 } : { range: () => bounds },
        percent: { range: () => [0, 100] },
      },
      series: [{
        label: heading,
        value: (u, found, _, index) => {
          const i = index ?? chart.x.length - 1, v = found ?? last;
          const parts = [bySteps || byEpoch ? String(v) : brief(v)];
          const step = chart.steps ? chart.steps[i] : v;
          if (run && !byEpoch) parts.push(words.at_epoch.replace("{epoch}", epochAt(run, step) ?? "–"));
          if (chart.evaluation) parts.push(`${words.evaluation} ${chart.evaluation[i]}`);
          return parts.join(" · ");
        },
      }, ...series],
      axes: axes(run, name, chart),
      cursor: {
        drag: { x: true, y: false, dist: 6 }, points: { size: 7 },
        sync: sync ? { key: sync, setSeries: false, scales: ["x", null] } : undefined,
      },
      legend: { markers: { fill: (u, i) => u.series[i].stroke(u, i) } },
      plugins: run ? [marks(run, name, holder)] : [],
    };
    if (chart.low) opts.plugins.unshift(band(chart));
    return { opts, log };
  }

  // Paper is filled more tightly.
  const height = (holder) =>
    Math.round(Number(holder.dataset.height) * (root.classList.contains("printing") ? 0.6 : 1));

  function draw(holder, run, name, chart, sync) {
    const width = holder.clientWidth;
    if (!width || !chart) return;
    const { opts, log } = options(run, name, chart, holder, width, sync);
    if (!run) overlay(opts, chart);
    const positive = (s) => log && !PERCENT.includes(s.role);
    const columns = chart.series.map((s) => (positive(s) ? s.values.map((v) => (v > 0 ? v : null)) : s.values));
    const plot = new uPlot(opts, [chart.x, ...columns], holder);
    plots.push({ plot, holder });
    const rows = holder.querySelectorAll(".u-series");
    chart.series.forEach((s, i) => {
      // The main indicator is drawn last and named first; the band is named in the caption.
      if (s.role === "main" || s.role === "total") rows[i + 1].style.order = "-1";
    });
    rows[0].style.order = "-2";
    holder.dataset.drawn = String(chart.x.length);
    byKeyboard(holder, plot, rows);
  }

  // Colours and dashes of the runs instead of those of the quantities.
  function overlay(opts, chart) {
    opts.series.forEach((series, i) => {
      if (!i) return;
      const { index } = chart.series[i - 1];
      const stroke = color(`--c${index % 6}`);
      Object.assign(series, {
        stroke, width: 2, spanGaps: true, dash: [undefined, [6, 4], [2, 3]][Math.floor(index / 6) % 3],
        points: { show: chart.x.length <= 120 && !chart.low, size: 5, fill: stroke },
      });
    });
  }

  // Arrows move the cursor from point to point, + and - zoom, Escape shows all again.
  function byKeyboard(holder, plot, rows) {
    holder.tabIndex = 0;
    const xs = plot.data[0];
    const to = (i) => {
      const at = Math.max(0, Math.min(xs.length - 1, i));
      plot.setCursor({ left: plot.valToPos(xs[at], "x"), top: plot.over.clientHeight / 2 });
    };
    const zoom = (factor) => {
      const { min, max } = plot.scales.x;
      const left = plot.cursor.left;
      const middle = left >= 0 ? plot.posToVal(left, "x") : (min + max) / 2;
      plot.setScale("x", { min: middle - (middle - min) * factor, max: middle + (max - middle) * factor });
    };
    holder.onkeydown = (event) => {
      if (event.target !== holder || event.ctrlKey || event.metaKey || event.altKey) return;
      const now = plot.cursor.idx;
      const stride = event.shiftKey ? Math.max(1, Math.round(xs.length / 20)) : 1;
      const action = {
        ArrowRight: () => to(now == null ? 0 : now + stride),
        ArrowLeft: () => to(now == null ? xs.length - 1 : now - stride),
        Home: () => to(0), End: () => to(xs.length - 1),
        "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2),
        Escape: () => plot.setScale("x", { min: xs[0], max: xs[xs.length - 1] }),
      }[event.key];
      if (!action) return;
      action();
      event.preventDefault();
    };
    rows.forEach((row, i) => {
      const name = row.querySelector("th");
      if (!i || !name) return;
      name.tabIndex = 0;
      name.setAttribute("role", "button");
      name.title = name.textContent;
      name.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        name.click();
        event.preventDefault();
      };
    });
  }

  // The curve of a run that stands for it among others.
  function telling(name, chart) {
    const of = (role) => chart.series.find((s) => s.role === role);
    if (name === "metric") return of("main");
    if (name === "ratio") {
      return chart.series.find((s) => s.operator === "MakeShrinkMap" && s.role === "live") || chart.series[0];
    }
    return of("total") || of("lr") || of("speed") || of("memory") || chart.series[0];
  }

  // One chart of all runs, over the union of their places on the axis.
  function joined(name) {
    const found = runs.map((run, index) => ({ run, index, chart: run.charts[name] }))
      .filter((r) => r.chart).map((r) => ({ ...r, chart: shown(r.run, name, r.chart) }));
    if (!found.length) return null;
    const table = uPlot.join(found.map((r) => [r.chart.x, telling(name, r.chart).values]));
    const chart = {
      x: table[0],
      series: found.map((r, k) => ({
        label: r.run.name, role: telling(name, r.chart).role, index: r.index, values: table[k + 1],
      })),
    };
    if (name !== "ratio") return chart;
    // What is meant: of the first run that knows it, epoch by epoch.
    for (const edge of ["low", "high"]) {
      chart[edge] = chart.x.map((epoch) => {
        for (const r of found) {
          const i = r.chart.x.indexOf(epoch);
          if (i >= 0 && r.chart[edge][i] != null) return r.chart[edge][i];
        }
        return null;
      });
    }
    return chart;
  }

  function drawAll() {
    for (const { plot, holder } of plots) {
      plot.destroy();
      delete holder.dataset.drawn;
    }
    plots.length = 0;
    document.querySelectorAll(".tip").forEach((tip) => tip.remove());
    drawMissing();
  }

  // What is folded away is drawn when it is opened.
  function drawMissing() {
    document.querySelectorAll(".plot:not([data-drawn])").forEach((holder) => {
      const { overlay: over, chart: name } = holder.dataset;
      if (holder.closest("details.one:not([open])")) return;
      if (over) {
        draw(holder, null, over, joined(over), STEPPED.includes(over) ? null : "all");
        return;
      }
      const run = runs[Number(holder.dataset.run)];
      const chart = run.charts[name];
      if (!chart) return;
      draw(holder, run, name, shown(run, name, chart), STEPPED.includes(name) ? null : `run${holder.dataset.run}`);
    });
  }

  function resize() {
    for (const { plot, holder } of plots) {
      const width = holder.clientWidth;
      if (width && width !== plot.width) plot.setSize({ width, height: plot.height });
    }
  }

  document.querySelectorAll("details.one").forEach((part) => {
    part.addEventListener("toggle", drawMissing);
  });
  const control = (id, apply) => {
    const element = document.getElementById(id);
    element.addEventListener("change", () => { apply(element); drawAll(); });
  };
  // A run of 300k steps beside one of 800 would be the only one that is seen.
  const plans = runs.map((run) => run.planned);
  if (Math.max(...plans) > 5 * Math.min(...plans)) {
    view.axis = document.getElementById("axis").value = "relative";
  }
  control("axis", (element) => { view.axis = element.value; });
  control("smooth", (element) => { view.smooth = Number(element.value); });
  control("log", (element) => { view.log = element.checked; });

  document.getElementById("theme").addEventListener("click", () => {
    const dark = getComputedStyle(root).colorScheme === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    drawAll();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", resize);

  // Paper is white and narrower than most screens.
  let theme;
  addEventListener("beforeprint", () => {
    theme = root.dataset.theme;
    root.dataset.theme = "light";
    root.classList.add("printing");
    drawAll();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("printing");
    if (theme === undefined) delete root.dataset.theme; else root.dataset.theme = theme;
    drawAll();
  });

  drawAll();
})();
