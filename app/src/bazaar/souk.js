// A market seen from above. The server's log of public events is all that it knows: what is drawn, told in words and
// plotted are folds of it up to a point in time, so that looking back and looking on are the same.
"use strict";
(() => {
  const given = JSON.parse(document.getElementById("given").textContent);
  const scene = given.scene;
  const base = `/api/v1/markets/${scene.id}`;
  const id = (name) => document.getElementById(name);
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  /* ------------------------------------------------------------------ words and money */

  const dollars = (mills) => {
    const cents = Math.round(Math.abs(mills) / 10);
    const whole = Math.floor(cents / 100).toLocaleString("en-US");
    const rest = cents % 100 ? `.${String(cents % 100).padStart(2, "0")}` : "";
    return `${mills < 0 ? "−" : ""}$${whole}${rest}`;
  };
  // Whole and tenths of cents as they are typed: money is never a fraction in between.
  const mills = (text) => {
    const found = /^\s*\$?\s*(\d{1,9})(?:[.,](\d{1,3}))?\s*$/.exec(text);
    if (!found) return null;
    return Number(found[1]) * 1000 + Number((found[2] || "").padEnd(3, "0"));
  };
  const percent = (share) => `${(share * 100).toFixed(1)}%`;
  const good = (at) => scene.goods[at].name;
  const buyerName = (n) => `buyer ${n + 1}`;
  const stallName = (n) => `stall ${n + 1}`;
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const kind = (name) => (name === "person" ? "a person's seat" : name);
  const PARTED = {
    no_deal: "without a deal", served: "the buyer bought elsewhere", sold_out: "the stall is sold out",
    stall_closed: "the stall closed", buyer_left: "the buyer left",
  };
  const moved = (event) => event.events.find((one) => one.kind === "moved");
  const act = (a) => ({ offer: () => `offers ${dollars(a.price)}`, accept: () => `accepts ${dollars(a.price)}`,
    reject: () => "declines", quit: () => "walks away", talk: () => "talks" })[a.type]();

  const h = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name.startsWith("on")) element[name] = value;
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    element.append(...children.flat().filter((child) => child != null && child !== false));
    return element;
  };

  // Gives a part these children. What stands there stays, with its focus and whoever is about to press it: elements
  // are known by their key, or else by their place.
  const fit = (parent, ...children) => {
    const wanted = children.flat().filter((child) => child != null && child !== false)
      .map((child) => (child instanceof Node ? child : document.createTextNode(child)));
    const keyOf = (node, n) => (node.dataset && node.dataset.key) || n;
    const keys = new Set(wanted.map(keyOf));
    const standing = new Map();
    [...parent.childNodes].forEach((node, n) => {
      const key = keyOf(node, n);
      if (keys.has(key)) standing.set(key, node); else node.remove();
    });
    wanted.forEach((child, n) => {
      const stands = standing.get(keyOf(child, n));
      let put = child;
      if (stands && stands.nodeName === child.nodeName) {
        put = stands;
        if (child instanceof Element) {
          for (const { name, value } of child.attributes) if (stands.getAttribute(name) !== value) stands.setAttribute(name, value);
          for (const { name } of [...stands.attributes]) if (!child.hasAttribute(name)) stands.removeAttribute(name);
          stands.onclick = child.onclick;
          fit(stands, ...child.childNodes);
        } else if (stands.data !== child.data) stands.data = child.data;
      } else if (stands) stands.remove();
      if (parent.childNodes[n] !== put) parent.insertBefore(put, parent.childNodes[n] || null);
    });
  };

  /* ------------------------------------------------------------------ the fold */

  const fresh = () => ({
    step: 0,
    stalls: scene.stalls.map((stall) => ({ open: false, stock: stall.stock, posted: null, talks: new Set(), last: null })),
    buyers: scene.buyers.map(() => ({ here: false, talks: new Set(), at: null, bought: [] })),
    talks: [],
    sales: [],
  });

  // What lately happened is drawn for a moment.
  let bubbles = [];
  let flashes = [];

  const end = (state, talk) => {
    const at = state.talks[talk];
    state.buyers[at.buyer].talks.delete(talk);
    state.stalls[at.stall].talks.delete(talk);
    const left = [...state.buyers[at.buyer].talks];
    state.buyers[at.buyer].at = left.length ? state.talks[left[left.length - 1]].stall : null;
  };

  const fold = (state, event, now) => {
    switch (event.kind) {
      case "stepped": state.step = event.step; break;
      case "opened": state.stalls[event.stall].open = true; break;
      case "closed": state.stalls[event.stall].open = false; break;
      case "arrived": state.buyers[event.buyer].here = true; break;
      case "left": state.buyers[event.buyer].here = false; state.buyers[event.buyer].at = null; break;
      case "posted": state.stalls[event.stall].posted = event.price; break;
      case "met":
        state.talks[event.talk] = { buyer: event.buyer, stall: event.stall, begun: state.step, over: null, offers: {}, turns: [] };
        state.buyers[event.buyer].talks.add(event.talk);
        state.buyers[event.buyer].at = event.stall;
        state.stalls[event.stall].talks.add(event.talk);
        break;
      case "said": {
        const said = moved(event);
        if (!said) break;
        const { by, talk, act: a } = said.body;
        const at = state.talks[event.talk];
        at.turns.push({ by, talk, act: a });
        if (a.type === "offer") at.offers[by] = a.price;
        state.buyers[at.buyer].at = at.stall;
        if (now != null && a.price) bubbles.push({ by, talk: event.talk, text: dollars(a.price), until: now + 1500 });
        break;
      }
      case "parted": end(state, event.talk); state.talks[event.talk].over = event.why; break;
      case "sold": {
        const of = scene.stalls[event.stall].good;
        state.sales.push({ step: state.step, buyer: event.buyer, stall: event.stall, price: event.price, good: of, talk: event.talk });
        state.stalls[event.stall].stock -= 1;
        state.stalls[event.stall].last = event.price;
        state.buyers[event.buyer].bought.push({ good: of, price: event.price });
        if (event.talk != null) { end(state, event.talk); state.talks[event.talk].over = "sold"; }
        if (now != null) flashes.push({ stall: event.stall, text: dollars(event.price), from: now });
        break;
      }
    }
  };

  /* ------------------------------------------------------------------ time */

  const log = [];
  const begins = [0]; // where each step begins in the log
  let state = fresh();
  let folded = 0;
  let market = { status: given.status, pace_ms: given.pace_ms || 1000, people: 0 };
  const address = new URLSearchParams(location.search);
  const number = (name) => (address.has(name) && /^\d+$/.test(address.get(name)) ? Number(address.get(name)) : null);
  const view = {
    live: number("step") == null, playing: true, speed: 1, follow: address.get("follow"), talk: number("talk"), good: number("good") || 0,
  };
  let wanted = number("step");
  if (wanted != null) view.playing = false;
  // Events up to here are told until then, evenly.
  let goal = { index: 0, at: 0 };
  let due = 0;

  const lastStep = () => begins.length - 1;
  const behind = (step) => (step + 1 < begins.length ? begins[step + 1] : log.length);

  const jump = (index) => {
    if (index < folded) { state = fresh(); folded = 0; }
    while (folded < index) fold(state, log[folded++], null);
    bubbles = []; flashes = [];
    goal = { index, at: 0 };
    changed();
  };
  const lookAt = (step) => {
    view.live = false;
    jump(behind(Math.max(0, Math.min(step, lastStep()))));
    keep();
  };

  const tick = (now) => {
    if (!view.live && view.playing && now >= due && folded >= goal.index) {
      const next = Math.min(state.step + 1, lastStep());
      const wait = 1000 / view.speed;
      if (behind(next) > folded) { goal = { index: behind(next), at: now + wait * 0.8 }; due = now + wait; }
      else if (market.status !== "over") { view.live = true; keep(); }
      else { view.playing = false; changed(); }
    }
    if (folded >= goal.index) return;
    const left = goal.at - now;
    const count = left <= 16 ? goal.index - folded : Math.ceil((goal.index - folded) * (16 / left));
    const from = state.step;
    for (let n = 0; n < count && folded < goal.index; n++) fold(state, log[folded++], now);
    if (state.step !== from || folded >= goal.index) changed();
  };

  const ask = async (path, body) => {
    const options = body ? { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) } : {};
    const response = await fetch(base + path, options);
    const text = await response.text();
    const read = text ? JSON.parse(text) : null;
    if (!response.ok) throw Object.assign(new Error(read && read.detail ? read.detail : `The server answered ${response.status}.`), { status: response.status, told: read });
    return read;
  };

  let after = 0;
  const feed = async () => {
    let wait = Math.max(250, Math.min(market.pace_ms, 2000));
    try {
      const found = await ask(`/feed?after=${after}`);
      market = { status: found.status, pace_ms: found.pace_ms || market.pace_ms, people: found.people };
      after = found.seq;
      for (const event of found.events) {
        if (event.kind === "stepped") begins[event.step] = log.length;
        log.push(event);
      }
      id("link").hidden = true;
      if (found.more) wait = 0;
      else if (wanted != null) { const step = wanted; wanted = null; lookAt(step); }
      else if (view.live && found.events.length) {
        // All that was before this page is not played again.
        if (folded === 0 || log.length - folded > 20000) jump(log.length);
        else goal = { index: log.length, at: performance.now() + wait * 0.9 };
      }
      if (market.status === "over" && !found.more) { wait = 30000; books(); }
      changed();
    } catch (error) {
      if (error.status === 404) return;
      id("link").hidden = false;
      wait = 2000;
    }
    setTimeout(feed, document.hidden ? Math.max(wait, 3000) : wait);
  };

  /* ------------------------------------------------------------------ the address */

  const keep = () => {
    const query = new URLSearchParams();
    if (!view.live) query.set("step", state.step);
    if (view.follow) query.set("follow", view.follow);
    if (view.talk != null) query.set("talk", view.talk);
    if (view.good) query.set("good", view.good);
    const text = query.toString();
    history.replaceState(null, "", location.pathname + (text ? `?${text}` : ""));
  };

  /* ------------------------------------------------------------------ the picture */

  const canvas = id("souk");
  const pen = canvas.getContext("2d", { alpha: false });
  let size = { w: 0, h: 0, cell: 0 };
  let places = []; // of stalls
  let streets = [];
  let plaza = { top: 0, bottom: 0 };
  const spots = scene.buyers.map(() => ({ x: -10, y: 0, shown: 0 }));
  let colours = {};

  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(`--color-${name}`).trim();
    colours = {
      ground: of("base-200"), lane: of("base-100"), line: of("base-300"), ink: of("base-content"), buyer: of("primary"),
      onBuyer: of("primary-content"), seller: of("secondary"), onSeller: of("secondary-content"), deal: of("accent"), onDeal: of("accent-content"),
    };
    font = `12px ${getComputedStyle(document.body).fontFamily}`;
  };
  let font = "12px sans-serif";

  const layout = () => {
    const ratio = Math.min(devicePixelRatio || 1, 2);
    const w = canvas.clientWidth;
    // Not laid out at this moment: the observer calls again.
    if (w < 1) { size = { w: 0, h: 0, cell: 0, ratio }; return; }
    const of = scene.goods.map((_, at) => scene.stalls.flatMap((stall, n) => (stall.good === at ? [n] : [])));
    // The largest stalls that fit.
    const tallest = Math.max(300, Math.min(640, innerHeight * 0.62));
    let cell = 58;
    let rows;
    for (; cell >= 12; cell -= 2) {
      const each = Math.max(1, Math.floor((w - 16) / cell));
      rows = of.map((list) => Math.max(1, Math.ceil(list.length / each)));
      const tall = rows.reduce((sum, n) => sum + n * cell * 1.25 + 18, 0) + 70;
      if (tall <= tallest) break;
    }
    const each = Math.max(1, Math.floor((w - 16) / cell));
    places = []; streets = [];
    let y = 4;
    of.forEach((list, at) => {
      streets.push({ y, good: at });
      y += 18;
      list.forEach((n, nth) => {
        const row = Math.floor(nth / each);
        // What is left of the width goes between them.
        const apart = Math.min((w - 16) / Math.min(list.length, each), cell * 2.2);
        places[n] = { x: 8 + (nth % each) * apart + cell / 2, y: y + row * cell * 1.25 + cell * 0.4 };
      });
      y += rows[at] * cell * 1.25;
    });
    plaza = { top: y + 8, bottom: y + 62 };
    const height = y + 70;
    canvas.style.height = `${height}px`;
    if (size.w !== w || size.h !== height || size.ratio !== ratio) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(height * ratio);
    }
    size = { w, h: height, cell, ratio };
    sprites.clear();
    ground = null;
  };

  // The same stall is drawn once, and copied.
  const sprites = new Map();
  let ground = null;
  const offscreen = (w, hh, paint) => {
    const sheet = document.createElement("canvas");
    sheet.width = Math.max(1, Math.ceil(w * size.ratio));
    sheet.height = Math.max(1, Math.ceil(hh * size.ratio));
    const p = sheet.getContext("2d");
    p.scale(size.ratio, size.ratio);
    paint(p);
    return sheet;
  };
  const stallSprite = (alive, person, stock) => {
    const key = `${alive}${person}${stock}`;
    if (!sprites.has(key)) {
      const c = size.cell;
      sprites.set(key, offscreen(c, c, (p) => {
        p.globalAlpha = alive ? 1 : 0.28;
        const w = c * 0.74, left = (c - w) / 2, top = c * 0.14, roof = c * 0.3;
        p.fillStyle = colours.lane; p.strokeStyle = colours.seller; p.lineWidth = 1.2;
        p.fillRect(left, top + roof * 0.8, w, c * 0.44); p.strokeRect(left, top + roof * 0.8, w, c * 0.44);
        const stripes = 5;
        for (let n = 0; n < stripes; n++) {
          p.fillStyle = n % 2 ? colours.lane : colours.seller;
          p.beginPath();
          p.rect(left + (n * w) / stripes, top, w / stripes, roof * 0.7);
          p.arc(left + ((n + 0.5) * w) / stripes, top + roof * 0.7, w / stripes / 2, 0, Math.PI);
          p.fill();
        }
        p.strokeRect(left, top, w, roof * 0.7);
        if (alive && c >= 22) {
          p.fillStyle = colours.ink; p.font = font; p.textBaseline = "middle"; p.textAlign = "center";
          p.fillText(String(stock), c / 2, c * 0.66);
        }
        if (person) { p.fillStyle = colours.deal; p.beginPath(); p.moveTo(c / 2, top - c * 0.12); p.lineTo(c / 2 + c * 0.1, top); p.lineTo(c / 2 - c * 0.1, top); p.fill(); }
      }));
    }
    return sprites.get(key);
  };
  const buyerSprite = (person) => {
    const key = `buyer${person}`;
    if (!sprites.has(key)) {
      sprites.set(key, offscreen(14, 14, (p) => {
        p.fillStyle = colours.buyer; p.strokeStyle = colours.lane; p.lineWidth = 1;
        p.beginPath();
        if (person) { p.moveTo(7, 0.5); p.lineTo(13.5, 7); p.lineTo(7, 13.5); p.lineTo(0.5, 7); p.closePath(); } else p.arc(7, 7, 4.6, 0, Math.PI * 2);
        p.fill(); p.stroke();
      }));
    }
    return sprites.get(key);
  };
  const paintGround = () => offscreen(size.w, size.h, (p) => {
    p.fillStyle = colours.ground; p.fillRect(0, 0, size.w, size.h);
    p.fillStyle = colours.lane; p.fillRect(0, plaza.top - 4, size.w, plaza.bottom - plaza.top + 8);
    p.fillStyle = colours.ink; p.font = font; p.textBaseline = "middle";
    for (const street of streets) p.fillText(good(street.good), 8, street.y + 10, size.w - 16);
  });

  const hash = (n) => ((Math.imul(n + 1, 2654435761) >>> 0) % 1000) / 1000;
  const spotOf = (n) => {
    const buyer = state.buyers[n];
    if (buyer.at == null) {
      const span = plaza.bottom - plaza.top - 12;
      return { x: 10 + hash(n) * (size.w - 20), y: plaza.top + 6 + hash(n * 7 + 3) * span };
    }
    const place = places[buyer.at];
    const slots = slotsAt.get(buyer.at) || [];
    const slot = slots.indexOf(n);
    const gap = Math.min(9, size.cell / Math.max(1, slots.length));
    return { x: place.x + (slot - (slots.length - 1) / 2) * gap, y: place.y + size.cell * 0.66 };
  };
  let slotsAt = new Map();

  // Letters are what takes longest: each label is written once.
  const label = (x, y, text, fill, on) => {
    const key = `${text}${fill}`;
    if (sprites.size > 600) sprites.clear();
    if (!sprites.has(key)) {
      pen.font = font;
      const w = Math.ceil(pen.measureText(text).width) + 10;
      sprites.set(key, offscreen(w, 18, (p) => {
        p.fillStyle = fill;
        p.beginPath();
        if (p.roundRect) p.roundRect(0, 0, w, 18, 8); else p.rect(0, 0, w, 18);
        p.fill();
        p.font = font; p.fillStyle = on; p.textBaseline = "middle"; p.fillText(text, 5, 9.5);
      }));
    }
    const sheet = sprites.get(key);
    const w = sheet.width / size.ratio;
    const left = Math.max(2, Math.min(size.w - w - 2, x - w / 2));
    pen.drawImage(sheet, Math.round(left), Math.round(y - 9), w, 18);
  };

  let frames = 0;
  let before = 0;
  const draw = (now) => {
    requestAnimationFrame(draw);
    frames += 1;
    const passed = Math.min(100, now - before);
    before = now;
    tick(now);
    if (!size.cell) return;
    ground = ground || paintGround();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(ground, 0, 0);
    pen.scale(size.ratio, size.ratio);
    const c = size.cell;
    scene.stalls.forEach((stall, n) => {
      const at = state.stalls[n];
      const person = stall.negotiator === "person";
      if (person && !at.open) return;
      pen.drawImage(stallSprite(at.open && at.stock > 0, person, at.stock), places[n].x - c / 2, places[n].y - c / 2, c, c);
    });
    slotsAt = new Map();
    state.buyers.forEach((buyer, n) => {
      if (!buyer.here || buyer.at == null) return;
      if (!slotsAt.has(buyer.at)) slotsAt.set(buyer.at, []);
      slotsAt.get(buyer.at).push(n);
    });
    const ease = still.matches ? 1 : 1 - Math.exp(-passed / (220 / Math.max(1, view.live ? 1000 / market.pace_ms : view.speed)));
    state.buyers.forEach((buyer, n) => {
      const spot = spots[n];
      if (!buyer.here) { spot.x = -12; spot.y = (plaza.top + plaza.bottom) / 2; return; }
      const to = spotOf(n);
      spot.x += (to.x - spot.x) * ease;
      spot.y += (to.y - spot.y) * ease;
      pen.drawImage(buyerSprite(scene.buyers[n].negotiator === "person"), spot.x - 7, spot.y - 7, 14, 14);
    });
    const ring = (x, y, r, colour) => { pen.strokeStyle = colour; pen.lineWidth = 2.5; pen.beginPath(); pen.arc(x, y, r, 0, Math.PI * 2); pen.stroke(); };
    const followed = agent(view.follow);
    if (followed) {
      const at = followed.role === "buyer" ? spots[followed.n] : places[followed.n];
      ring(at.x, at.y, followed.role === "buyer" ? 10 : c * 0.62, colours.ink);
      for (const talk of followed.role === "buyer" ? state.buyers[followed.n].talks : state.stalls[followed.n].talks) {
        const { buyer, stall } = state.talks[talk];
        pen.strokeStyle = colours.ink; pen.lineWidth = 1; pen.beginPath();
        pen.moveTo(spots[buyer].x, spots[buyer].y); pen.lineTo(places[stall].x, places[stall].y); pen.stroke();
      }
    }
    if (seat) {
      const at = seat.role === "buyer" ? spots[seat.number] : places[seat.number];
      ring(at.x, at.y, seat.role === "buyer" ? 10 : c * 0.62, colours.deal);
      label(at.x, at.y - (seat.role === "buyer" ? 20 : c * 0.7), "you", colours.deal, colours.onDeal);
    }
    bubbles = bubbles.filter((one) => one.until > now);
    const latest = new Map(bubbles.map((one) => [one.talk, one]));
    let room = c >= 22 ? 24 : 12;
    for (const one of [...latest.values()].reverse()) {
      const talk = state.talks[one.talk];
      if (room-- <= 0 || !talk) break;
      if (one.by === "buyer") label(spots[talk.buyer].x, spots[talk.buyer].y + 17, one.text, colours.buyer, colours.onBuyer);
      else label(places[talk.stall].x, places[talk.stall].y - c * 0.6, one.text, colours.seller, colours.onSeller);
    }
    flashes = flashes.filter((one) => now - one.from < 1100);
    for (const one of flashes) {
      const age = (now - one.from) / 1100;
      const { x, y } = places[one.stall];
      if (!still.matches) {
        pen.globalAlpha = 1 - age;
        ring(x, y, c * (0.35 + age * 0.6), colours.deal);
        pen.globalAlpha = 1;
      }
      label(x, y - c * 0.35 - (still.matches ? 0 : age * 14), one.text, colours.deal, colours.onDeal);
    }
  };

  /* ------------------------------------------------------------------ following one, reading a talk */

  const agent = (name) => {
    const found = /^(buyer|stall)-(\d+)$/.exec(name || "");
    if (!found) return null;
    const n = Number(found[2]) - 1;
    const all = found[1] === "buyer" ? scene.buyers : scene.stalls;
    return n >= 0 && n < all.length ? { role: found[1], n } : null;
  };
  const follow = (name) => {
    view.follow = name || null;
    id("follow").value = name || "";
    keep(); changed();
  };
  const open = (talk) => {
    view.talk = talk;
    keep(); changed();
    id("thread").scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
  };

  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null, nearest = 26;
    const look = (px, py, name, bonus) => { const d = Math.hypot(px - x, py - y) - bonus; if (d < nearest) { nearest = d; best = name; } };
    state.buyers.forEach((buyer, n) => buyer.here && look(spots[n].x, spots[n].y, `buyer-${n + 1}`, 4));
    state.stalls.forEach((stall, n) => (stall.open || scene.stalls[n].negotiator !== "person") && look(places[n].x, places[n].y, `stall-${n + 1}`, size.cell * 0.3));
    follow(best);
  });

  const talkButton = (n, text) => h("button", { type: "button", class: "link", onclick: () => open(n) }, text);

  const tellFollowed = () => {
    const panel = id("followed");
    const one = agent(view.follow);
    if (!one) {
      fit(panel, h("p", { class: "text-sm" }, "Press a buyer or a stall in the picture, or choose one from the list, to see what it does."));
      return;
    }
    const isBuyer = one.role === "buyer";
    const at = isBuyer ? state.buyers[one.n] : state.stalls[one.n];
    const facts = [];
    if (isBuyer) {
      facts.push(`${capital(kind(scene.buyers[one.n].negotiator))}. ${at.here ? "Is here." : "Is not here."}`);
      facts.push(at.bought.length ? `Bought ${at.bought.map((sale) => `${good(sale.good)} for ${dollars(sale.price)}`).join(", ")}.` : "Has bought nothing yet.");
    } else {
      const stall = scene.stalls[one.n];
      facts.push(`${capital(kind(stall.negotiator))}. Sells ${good(stall.good)}; ${at.stock} of ${stall.stock} left${at.open ? "" : ", closed"}.`);
      if (at.posted) facts.push(`Its price is ${dollars(at.posted)}.`);
      if (at.last) facts.push(`Sold last for ${dollars(at.last)}.`);
    }
    const mine = state.talks.flatMap((talk, n) => ((isBuyer ? talk.buyer : talk.stall) === one.n ? [[talk, n]] : []));
    const lines = mine.slice(-12).reverse().map(([talk, n]) => {
      const other = isBuyer ? stallName(talk.stall) : buyerName(talk.buyer);
      const stands = [talk.offers.buyer && `bid ${dollars(talk.offers.buyer)}`, talk.offers.seller && `ask ${dollars(talk.offers.seller)}`].filter(Boolean).join(", ");
      const how = talk.over === "sold" ? "sold" : talk.over ? PARTED[talk.over] : "talking";
      return h("li", { "data-key": `talk-${n}` }, talkButton(n, `Talk ${n + 1} with ${other}`), `: ${how}${stands ? ` (${stands})` : ""}`);
    });
    fit(panel, ...facts.map((fact) => h("p", {}, fact)), h("ul", { class: "list-disc pl-5" }, lines));
  };

  let told = null;
  const tellThread = () => {
    const panel = id("thread");
    if (view.talk == null) {
      fit(panel, h("p", { class: "text-sm" }, "No talk is open. Open one from who you follow, from the deals, or from your own seat."));
      told = null;
      return;
    }
    const talk = state.talks[view.talk];
    const stamp = `${view.talk}/${talk ? talk.turns.length : -1}/${talk ? talk.over : ""}`;
    if (stamp === told) return;
    told = stamp;
    if (!talk) {
      fit(panel, h("p", {}, `Talk ${view.talk + 1} has not begun at this time.`));
      return;
    }
    const head = h("p", { class: "mb-2" }, `Talk ${view.talk + 1}: ${buyerName(talk.buyer)} and ${stallName(talk.stall)}, over ${good(scene.stalls[talk.stall].good)}.`);
    const turns = talk.turns.map((turn) => h("li", { class: `bazaar-turn bazaar-${turn.by}` },
      h("span", { class: "font-semibold" }, turn.by === "buyer" ? capital(buyerName(talk.buyer)) : capital(stallName(talk.stall))), ` ${act(turn.act)}`,
      turn.talk ? h("q", { class: "block" }, turn.talk) : null));
    const over = talk.over && h("p", { class: "mt-2" }, talk.over === "sold" ? "Sold." : `Over: ${PARTED[talk.over]}.`);
    fit(panel, head, h("ol", { class: "bazaar-turns" }, turns), over, h("p", { class: "mt-2", "data-key": "whole" }));
    if (talk.over) {
      const asked = view.talk;
      ask(`/talks/${asked}`).then((thread) => {
        if (thread.episode && asked === view.talk) fit(panel.lastElementChild, h("a", { class: "link", href: `/replay/${thread.episode}` }, "All of it, as an episode"));
      }).catch(() => {});
    }
  };

  /* ------------------------------------------------------------------ controls, deals, words */

  const tellControls = () => {
    const slider = id("time");
    slider.max = String(Math.max(1, lastStep()));
    if (document.activeElement !== slider || !slider.matches(":active")) slider.value = String(state.step);
    const at = `Step ${Math.min(state.step, scene.steps)} of ${scene.steps}`;
    slider.setAttribute("aria-valuetext", at);
    id("at").textContent = view.live ? `${at}, live` : at;
    id("play").textContent = view.playing ? "Pause" : "Play";
    id("live").disabled = view.live;
    const people = market.people ? `, ${market.people} ${market.people === 1 ? "person" : "people"} in it` : "";
    id("state").textContent = { running: "Under way", paused: "Its clock stands", over: "Over" }[market.status] + people;
    const clock = id("clock");
    if (clock) {
      clock.hidden = market.status === "over";
      id("clock-pause").textContent = market.status === "paused" ? "Let it go on" : "Stop its clock";
      id("clock-step").disabled = market.status !== "paused";
    }
  };

  const tellDeals = () => {
    const latest = state.sales.slice(-8).reverse();
    fit(id("deals"), ...(latest.length
      ? latest.map((sale, n) => h("li", { "data-key": `sale-${state.sales.length - n}` }, `Step ${sale.step}: ${good(sale.good)} for ${dollars(sale.price)}, `,
          sale.talk != null ? talkButton(sale.talk, `${buyerName(sale.buyer)} from ${stallName(sale.stall)}`) : `${buyerName(sale.buyer)} from ${stallName(sale.stall)}`))
      : [h("li", {}, "Nothing is sold yet.")]));
    const mean = scene.goods.map((of, at) => {
      const prices = state.sales.filter((sale) => sale.good === at).map((sale) => sale.price);
      const middle = prices.reduce((sum, price) => sum + price, 0) / prices.length;
      const spread = prices.length > 1 ? Math.sqrt(prices.reduce((sum, price) => sum + (price - middle) ** 2, 0) / (prices.length - 1)) / middle : null;
      return { of, at, n: prices.length, middle, spread };
    });
    fit(id("goods"), ...mean.map((one) => h("tr", {},
      h("th", { scope: "row", class: "font-normal" }, one.of.title),
      h("td", {}, one.of.list_price ? dollars(one.of.list_price) : "not shown"), h("td", {}, String(one.n)),
      h("td", {}, one.n ? dollars(one.middle) : "none"), h("td", {}, one.spread == null ? "none" : percent(one.spread)))));
    id("summary").textContent = `Step ${Math.min(state.step, scene.steps)}: ${state.sales.length} sold, ${state.talks.filter((talk) => talk && !talk.over).length} talks under way, ${state.buyers.filter((buyer) => buyer.here).length} buyers here.`;
  };

  const sentence = (event) => {
    switch (event.kind) {
      case "stepped": return null;
      case "opened": return `${capital(stallName(event.stall))} opens.`;
      case "closed": return `${capital(stallName(event.stall))} closes.`;
      case "arrived": return `${capital(buyerName(event.buyer))} comes.`;
      case "left": return `${capital(buyerName(event.buyer))} leaves.`;
      case "posted": return `${capital(stallName(event.stall))} asks ${dollars(event.price)}.`;
      case "met": return `${capital(buyerName(event.buyer))} comes to ${stallName(event.stall)}: talk ${event.talk + 1}.`;
      case "said": { const said = moved(event); return said && `Talk ${event.talk + 1}: the ${said.body.by} ${act(said.body.act)}.`; }
      case "parted": return `Talk ${event.talk + 1} ends: ${PARTED[event.why]}.`;
      case "sold": return `${capital(buyerName(event.buyer))} buys ${good(scene.stalls[event.stall].good)} from ${stallName(event.stall)} for ${dollars(event.price)}.`;
    }
  };
  const tellWords = () => {
    if (!id("words").open) return;
    const from = begins[Math.max(0, state.step - 1)] || 0;
    const lines = log.slice(from, folded).map(sentence).filter(Boolean).slice(-120).reverse();
    fit(id("happened"), ...lines.map((line) => h("li", {}, line)));
    fit(id("stalls"), ...scene.stalls.map((stall, n) => {
      const at = state.stalls[n];
      return h("tr", {}, h("th", { scope: "row", class: "font-normal" }, h("button", { type: "button", class: "link", onclick: () => follow(`stall-${n + 1}`) }, capital(stallName(n)))),
        h("td", {}, good(stall.good)), h("td", {}, kind(stall.negotiator)), h("td", {}, at.open ? "open" : "closed"), h("td", {}, String(at.stock)),
        h("td", {}, String(at.talks.size)), h("td", {}, at.last ? dollars(at.last) : "none"));
    }));
    fit(id("buyers"), ...state.buyers.flatMap((buyer, n) => (buyer.here ? [h("tr", { "data-key": `buyer-${n + 1}` },
      h("th", { scope: "row", class: "font-normal" }, h("button", { type: "button", class: "link", onclick: () => follow(`buyer-${n + 1}`) }, capital(buyerName(n)))),
      h("td", {}, kind(scene.buyers[n].negotiator)), h("td", {}, [...buyer.talks].map((talk) => stallName(state.talks[talk].stall)).join(", ") || "nobody"),
      h("td", {}, buyer.bought.map((sale) => `${good(sale.good)} (${dollars(sale.price)})`).join(", ") || "nothing"))] : [])));
  };

  /* ------------------------------------------------------------------ drawings */

  let book = null;
  const books = async () => {
    try { book = await ask("/books"); charted = ""; changed(); } catch { /* not told before the end */ }
  };
  const svg = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const nice = (span) => {
    const power = 10 ** Math.floor(Math.log10(span / 4 || 1));
    return [1, 2, 5, 10].map((n) => n * power).find((step) => span / step <= 5) || power * 10;
  };
  const plot = (title, xs, ys, paint) => {
    const [w, hh, left, bottom] = [640, 300, 64, 34];
    const [x0, x1] = [Math.min(...xs), Math.max(...xs, Math.min(...xs) + 1)];
    const pad = (Math.max(...ys) - Math.min(...ys)) * 0.06 || 1;
    const [y0, y1] = [Math.max(0, Math.min(...ys) - pad), Math.max(...ys) + pad];
    const X = (x) => left + ((x - x0) / (x1 - x0)) * (w - left - 10);
    const Y = (y) => hh - bottom - ((y - y0) / (y1 - y0)) * (hh - bottom - 10);
    const root = svg("svg", { viewBox: `0 0 ${w} ${hh}`, role: "img", "aria-label": title });
    const step = nice(y1 - y0);
    for (let y = Math.ceil(y0 / step) * step; y <= y1; y += step) {
      root.append(svg("line", { class: "grid-line", x1: left, x2: w - 10, y1: Y(y), y2: Y(y) }), svg("text", { x: left - 8, y: Y(y) + 5, "text-anchor": "end" }, dollars(y)));
    }
    const along = nice(x1 - x0);
    for (let x = Math.ceil(x0 / along) * along; x <= x1; x += along) root.append(svg("text", { x: X(x), y: hh - 10, "text-anchor": "middle" }, String(Math.round(x))));
    paint(root, X, Y, [x0, x1]);
    return root;
  };

  let charted = "";
  const tellCharts = () => {
    const at = view.good;
    const sales = state.sales.filter((sale) => sale.good === at);
    const stamp = `${at}/${sales.length}/${Boolean(book)}/${document.documentElement.dataset.theme}`;
    if (stamp === charted) return;
    charted = stamp;
    const of = scene.goods[at];
    const known = book && book.goods[at];
    const band = (root, X, Y, [x0, x1]) => {
      for (const price of (known && known.clearing) || []) root.append(svg("line", { class: "whisker", x1: X(x0), x2: X(x1), y1: Y(price), y2: Y(price) }));
    };
    const points = (root, X, Y, place) => sales.forEach((sale, n) => root.append(
      svg("circle", { class: "mark-buyer", cx: X(place(sale, n)), cy: Y(sale.price), r: 4 }, svg("title", {}, `step ${sale.step}: ${dollars(sale.price)}`))));
    const levels = [...sales.map((sale) => sale.price), ...((known && known.clearing) || []), ...(of.list_price ? [of.list_price] : [])];
    fit(id("prices"), levels.length ? plot(`Prices of ${of.name} by step`, [0, ...sales.map((sale) => sale.step)], levels, (root, X, Y, ends) => {
      if (of.list_price) root.append(svg("line", { class: "grid-line list", x1: X(ends[0]), x2: X(ends[1]), y1: Y(of.list_price), y2: Y(of.list_price), "stroke-dasharray": "6 5" }));
      band(root, X, Y, ends);
      points(root, X, Y, (sale) => sale.step);
    }) : h("p", {}, "Nothing of it is sold yet."));
    const both = id("curves");
    if (!known) {
      fit(both, h("p", {}, "Costs and values are private: supply and demand are drawn once the market is over, and for researchers who do not sit in it at any time."));
    } else {
      const most = Math.max(known.costs.length, known.values.length, 1);
      const stairs = (X, Y, list) => list.flatMap((level, n) => [`${X(n)},${Y(level)}`, `${X(n + 1)},${Y(level)}`]).join(" ");
      fit(both, plot(`Supply and demand for ${of.name}`, [0, most], [...known.costs, ...known.values, ...sales.map((sale) => sale.price)], (root, X, Y, ends) => {
        root.append(svg("polyline", { class: "line-seller", points: stairs(X, Y, known.costs) }), svg("polyline", { class: "line-buyer", points: stairs(X, Y, known.values) }));
        band(root, X, Y, ends);
        points(root, X, Y, (_, n) => n + 0.5);
      }));
    }
    fit(id("gains"), ...(book ? [
      ["Efficiency", book.efficiency == null ? "none" : percent(book.efficiency)], ["Could be gained", dollars(book.possible)],
      ["Gained by buyers", dollars(book.surplus.buyer)], ["Gained by sellers", dollars(book.surplus.seller)],
    ].map(([name, value]) => h("div", {}, h("dt", { class: "field-label" }, name), h("dd", {}, value))) : []));
  };

  /* ------------------------------------------------------------------ the own seat */

  let seat = null;
  let busy = false;
  const cards = new Map();
  const say = (text) => { id("seat-problem").textContent = text || ""; };

  // One key from the press to the answer, however often the line breaks.
  const send = async (path, body) => {
    if (busy) return null;
    busy = true;
    say("");
    const keyed = { key: crypto.randomUUID(), ...body };
    try {
      for (let tries = 0; ; tries++) {
        try { return await ask(path, keyed); } catch (error) {
          if ((error.status && error.status !== 503) || tries >= 6) throw error;
          await new Promise((go) => setTimeout(go, 500 * (tries + 1)));
        }
      }
    } catch (error) { say(error.message); return undefined; } finally { busy = false; }
  };
  const does = async (a) => {
    const found = await send("/acts", { act: a });
    if (found !== undefined) { seat = found; tellSeat(); }
  };
  const join = async (role) => {
    const found = await send("/join", { role });
    if (found) {
      seat = found; view.live = true;
      follow(`${role === "buyer" ? "buyer" : "stall"}-${seat.number + 1}`);
      tellSeat(); watchSeat();
      id("seat-title").focus();
    }
  };
  let watching = false;
  const watchSeat = () => {
    if (watching) return;
    watching = true;
    const look = async () => {
      if (!seat) { watching = false; return; }
      try {
        if (!busy) {
          const found = await ask("/seat");
          if (seat && found.seq >= seat.seq) { seat = found; tellSeat(); }
          if (found.status === "over") { watching = false; return; }
        }
      } catch (error) { if (error.status === 403) { seat = null; tellSeat(); watching = false; return; } }
      setTimeout(look, Math.max(500, Math.min(market.pace_ms, 1500)));
    };
    setTimeout(look, 400);
  };

  // A card is made once for each talk: what somebody is writing stays.
  const card = (talk) => {
    const price = h("input", { class: "input bazaar-price", inputmode: "decimal", id: `price-${talk.talk}`, autocomplete: "off" });
    const words = h("input", { class: "input w-full", id: `words-${talk.talk}`, maxlength: "1000", autocomplete: "off" });
    const turns = h("ol", { class: "bazaar-turns", "aria-live": "polite", tabindex: "0", "aria-label": `What was said in talk ${talk.talk + 1}` });
    const note = h("p", { class: "text-sm" });
    const accept = h("button", { type: "button", class: "btn btn-sm btn-accent" });
    const offer = h("button", { class: "btn btn-sm btn-primary" }, "Offer");
    const quit = h("button", { type: "button", class: "btn btn-sm btn-ghost" }, "Walk away");
    const problem = h("p", { class: "field-error", role: "alert" });
    const form = h("form", { class: "space-y-2" },
      h("div", { class: "flex flex-wrap items-end gap-2" }, h("div", {}, h("label", { class: "field-label", for: price.id }, "Your price, $"), price), offer, accept, quit),
      h("div", {}, h("label", { class: "field-label", for: words.id }, "Your words, if you like"), words), problem);
    const one = { talk, turns, note, accept, offer, quit, form, price };
    const speak = async (a) => { const message = words.value; await does({ kind: "say", talk: one.talk.talk, message, act: a }); if (!id("seat-problem").textContent) { words.value = ""; price.value = ""; } };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const amount = mills(price.value);
      problem.textContent = amount ? "" : "Write a price in dollars, such as 24 or 24.50.";
      if (amount) speak({ type: "offer", price: amount }); else price.focus();
    });
    accept.addEventListener("click", () => speak({ type: "accept", price: one.stands }));
    quit.addEventListener("click", () => speak({ type: "quit" }));
    one.root = h("section", { class: "panel space-y-2", "aria-label": `Talk ${talk.talk + 1}` }, note, turns, form);
    return one;
  };

  const tellSeat = () => {
    const panel = id("seat");
    id("join").hidden = Boolean(seat) || market.status === "over";
    panel.hidden = !seat;
    if (!seat) { cards.clear(); fit(id("talks")); return; }
    const isBuyer = seat.role === "buyer";
    id("seat-title").textContent = `You are ${isBuyer ? buyerName(seat.number) : `the keeper of ${stallName(seat.number)}`}`;
    const over = seat.status === "over";
    const facts = [];
    if (isBuyer) {
      facts.push(h("p", {}, "You have ", h("strong", {}, dollars(seat.purse)), ". Only you see this."));
      facts.push(h("ul", { class: "list-disc pl-5" }, seat.wants.length
        ? seat.wants.map((want) => h("li", {}, `${good(want.good)} is worth `, h("strong", {}, dollars(want.value)), " to you: pay less, and the rest is your gain."))
        : h("li", {}, "You have all that you came for.")));
    } else {
      facts.push(h("p", {}, `You sell ${good(seat.stall.good)}. A unit costs you `, h("strong", {}, dollars(seat.stall.cost)), `: sell for more, and the rest is your gain. ${seat.stall.stock} left. Only you see the cost.`));
    }
    const gain = seat.sales.reduce((sum, sale) => sum + sale.gain, 0);
    if (seat.sales.length) {
      facts.push(h("p", { role: "status" }, `${isBuyer ? "Bought" : "Sold"}: ${seat.sales.map((sale) => `${good(sale.good)} for ${dollars(sale.price)}`).join(", ")}. Your gain: `, h("strong", {}, dollars(gain)), "."));
    }
    if (over) facts.push(h("p", {}, "The market is over."));
    fit(id("facts"), ...facts);

    const open = new Set(seat.talks.map((talk) => talk.talk));
    for (const [n, one] of cards) if (!open.has(n)) { one.root.remove(); cards.delete(n); }
    for (const talk of seat.talks) {
      if (!cards.has(talk.talk)) { const one = card(talk); cards.set(talk.talk, one); id("talks").append(one.root); }
      const one = cards.get(talk.talk);
      one.talk = talk;
      const theirs = isBuyer ? talk.standing.seller : talk.standing.buyer;
      one.stands = theirs;
      const other = isBuyer ? stallName(talk.with) : buyerName(talk.with);
      one.note.textContent = `${capital(other)}, ${good(talk.good)}. ${talk.is_own_turn ? "Your word" : "They think"}; ${talk.left} of your messages left.` +
        (talk.elsewhere ? ` Elsewhere you have ${dollars(talk.elsewhere)}.` : "");
      const worth = theirs && (isBuyer ? theirs <= Math.min(talk.limit, seat.purse) : theirs >= talk.limit);
      one.accept.hidden = !theirs;
      one.accept.textContent = theirs ? `Accept ${dollars(theirs)}` : "";
      one.accept.disabled = !talk.is_own_turn || !worth;
      one.offer.disabled = !talk.is_own_turn;
      // A buyer's first word is an offer.
      one.quit.disabled = !talk.is_own_turn || (isBuyer && talk.turns.length === 0);
      const stamp = String(talk.turns.length);
      if (one.stamp !== stamp) {
        one.stamp = stamp;
        fit(one.turns, ...talk.turns.map((turn) => h("li", { class: `bazaar-turn bazaar-${turn.by}` },
          h("span", { class: "font-semibold" }, turn.by === seat.role ? "You" : capital(other)), ` ${turn.by === seat.role ? act(turn.act).replace(/^(\w+?)s /, "$1 ") : act(turn.act)}`,
          turn.talk ? h("q", { class: "block" }, turn.talk) : null)));
        one.turns.scrollTop = one.turns.scrollHeight;
      }
    }
    id("talks-none").hidden = seat.talks.length > 0 || over;
    id("talks-none").textContent = isBuyer ? "You talk to nobody. Visit a stall." : "Nobody is at your stall. Buyers come by themselves.";

    id("choice").hidden = !isBuyer || over || !seat.wants.length;
    if (isBuyer) {
      const rows = seat.stalls.map((stall) => {
        const told = [`${stall.stock} left`];
        if (stall.rating != null) told.push(`its buyers saved ${(stall.rating / 10).toFixed(0)}%`);
        const go = stall.posted
          ? h("button", { type: "button", class: "btn btn-sm btn-primary", onclick: () => does({ kind: "buy", stall: stall.stall, price: stall.posted }) }, `Buy for ${dollars(stall.posted)}`)
          : stall.is_talking ? h("span", { class: "text-sm" }, "you talk")
          : h("button", { type: "button", class: "btn btn-sm", disabled: seat.talks.length >= scene.talks_at_once, onclick: () => does({ kind: "visit", stall: stall.stall }) }, "Visit");
        return h("li", { class: "flex items-center justify-between gap-2 py-1", "data-key": `stall-${stall.stall}` }, h("span", {}, `${capital(stallName(stall.stall))}: ${good(stall.good)}, ${told.join(", ")}`), go);
      });
      fit(id("own-stalls"), rows.length ? rows : h("li", {}, "No open stall has what you want now."));
    }
    id("posting").hidden = isBuyer || over || scene.mechanism !== "posted_price";
    id("leaving").hidden = over;
  };

  /* ------------------------------------------------------------------ hands */

  let stale = true;
  const changed = () => { stale = true; };
  const tell = () => {
    if (stale) {
      stale = false;
      tellControls(); tellFollowed(); tellThread(); tellDeals(); tellWords(); tellCharts();
    }
    setTimeout(tell, 200);
  };

  id("play").addEventListener("click", () => {
    view.playing = !view.playing;
    if (!view.playing) { view.live = false; goal = { index: folded, at: 0 }; }
    else if (folded >= log.length && market.status !== "over") view.live = true;
    else if (folded >= log.length) lookAt(0);
    keep(); changed();
  });
  id("back").addEventListener("click", () => { view.playing = false; lookAt(state.step - 1); });
  id("forth").addEventListener("click", () => { view.playing = false; lookAt(state.step + 1); });
  id("time").addEventListener("input", (event) => { view.playing = false; lookAt(Number(event.target.value)); });
  id("live").addEventListener("click", () => { view.live = true; view.playing = true; jump(log.length); keep(); });
  id("speed").addEventListener("change", (event) => { view.speed = Number(event.target.value); });
  id("follow").addEventListener("change", (event) => follow(event.target.value));
  id("good").addEventListener("change", (event) => { view.good = Number(event.target.value); keep(); changed(); });
  id("words").addEventListener("toggle", changed);
  id("join-buyer").addEventListener("click", () => join("buyer"));
  id("join-seller").addEventListener("click", () => join("seller"));
  id("leave").addEventListener("click", () => { id("leave-sure").hidden = false; id("leave").hidden = true; id("leave-yes").focus(); });
  id("leave-no").addEventListener("click", () => { id("leave-sure").hidden = true; id("leave").hidden = false; id("leave").focus(); });
  id("leave-yes").addEventListener("click", async () => { id("leave-sure").hidden = true; id("leave").hidden = false; await does({ kind: "leave" }); });
  id("posting").addEventListener("submit", (event) => {
    event.preventDefault();
    const amount = mills(id("posted").value);
    if (amount) does({ kind: "post", price: amount }); else say("Write a price in dollars, such as 24 or 24.50.");
  });
  if (id("clock")) {
    const set = (body) => fetch(`${base}/clock`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }).catch(() => {});
    id("clock-pause").addEventListener("click", async () => { const paused = market.status !== "paused"; await set({ paused }); market.status = paused ? "paused" : "running"; changed(); });
    id("clock-step").addEventListener("click", () => set({ steps: 1 }));
    id("clock-pace").addEventListener("change", (event) => set({ pace_ms: Number(event.target.value) }));
  }
  id("share").addEventListener("click", async () => {
    const link = new URL(location.href);
    link.searchParams.set("step", state.step);
    try { await navigator.clipboard.writeText(link.href); id("shared").textContent = "Copied."; } catch { id("shared").textContent = link.href; }
  });

  id("time").disabled = false;
  if (view.follow) id("follow").value = view.follow;
  id("good").value = String(view.good);
  if (view.good >= scene.goods.length) view.good = 0;
  readColours(); layout();
  new ResizeObserver(() => { if (canvas.clientWidth !== size.w) layout(); }).observe(canvas);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); layout(); });
  // For measurements: pictures drawn so far.
  window.souk = { frames: () => frames, step: () => state.step };
  requestAnimationFrame(draw);
  feed(); tell();
  if (given.sits) ask("/seat").then((found) => { seat = found; tellSeat(); watchSeat(); }).catch(() => tellSeat());
  else tellSeat();
  if (given.researcher) { books(); setInterval(() => { if (market.status !== "over") books(); }, 5000); }
})();
