INSERT INTO brand (id, name) VALUES (1, 'Acme');
INSERT INTO mention (id, brand_id, platform, post_id, author_id, handle, author_name, text,
  created_at, addressed, replies_open, private, ours, judged, source, stored_at)
VALUES (1, 1, 'twitter', '1001', '7', 'bob', 'Bob', 'Where is my order? 😡',
  '2026-11-20T12:00:00.000000+00:00', true, true, false, false, true, 'twitter',
  '2026-11-20T12:01:00.000000+00:00');
INSERT INTO verdict (mention_id, brand_id, language, compound, complaint, angry, topic, asks,
  relevant, red_flags, why, unfiled, judged_at, doubts, matters)
VALUES (1, 1, 'en', -0.5, 0.8, true, 'order_late', true, true, '[]', '["where"]', false,
  '2026-11-20T12:01:00.000000+00:00', '["short"]', '[["refund", 0.8]]');
INSERT INTO incident (id, brand_id, title, declared_by, declared_at)
VALUES (1, 1, 'Storm', 'eva', '2026-11-20T12:00:00.000000+00:00');
INSERT INTO "case" (id, brand_id, platform, author_id, incident_id, state, round, revision,
  opened_at, touched_at, due_at, claimed_by, second_approver, decided_by, decided_at,
  dismissed_because, earlier, red, drafted, shown_channel, shown_ts, shown_revision)
VALUES (1, 1, 'twitter', '7', 1, 'approved', 1, 4, '2026-11-20T12:01:00.000000+00:00',
  '2026-11-20T12:05:00.000000+00:00', '2026-11-20T13:01:00.000000+00:00', 'eva', '', 'eva',
  '2026-11-20T12:04:00.000000+00:00', '', 1, false, 1, 'C1', '1763640000.000100', 3);
INSERT INTO case_mention (mention_id, case_id, brand_id, round) VALUES (1, 1, 1, 1);
INSERT INTO draft (id, brand_id, case_id, round, revision, language, playbook, public, private,
  credit_minor, credit_currency, credit_text, credit_text_english, credit_chosen, findings,
  reason, written_by, created_at, override, checked, checked_by)
VALUES (1, 1, 1, 1, 1, 'en', 'order_late', 'We are sorry.', 'Please tell us more.', 500, 'EUR',
  'Your code: {code}', '', true,
  '[{"code": "blame", "severity": "note", "half": "public", "words": "x", "do": "y"}]',
  '', 'playbook', '2026-11-20T12:02:00.000000+00:00',
  '{"by": "lea", "reason": "so", "passes": [["public", "blame", "ab12"]]}', '["14 days"]', 'eva');
INSERT INTO action (id, brand_id, case_id, kind, round, state, key, text, approved_by,
  approved_at, attempt, fence, owner, intent_at, absent_at, receipt_id, receipt_url, receipt_at,
  receipt_private, error_code, error, retract_by)
VALUES (1, 1, 1, 'public', 1, 'sent', 'k1', 'We are sorry.', 'eva',
  '2026-11-20T12:04:00.000000+00:00', 1, 1, 'host:1', '2026-11-20T12:05:00.000000+00:00', '[]',
  '2001', 'https://example.com/2001', '2026-11-20T12:05:01.000000+00:00', false, '', '', '');
INSERT INTO action (id, brand_id, case_id, kind, round, state, key, text, minor, currency,
  depends_on, approved_by, attempt, fence, owner, absent_at, receipt_private, error_code, error,
  retract_by)
VALUES (2, 1, 1, 'credit', 1, 'approved', 'k2', '', 500, 'EUR', 'public', 'eva', 0, 0, '', '[]',
  false, '', '', '');
INSERT INTO label (id, brand_id, mention_id, word, by, at)
VALUES (1, 1, 1, 'was_angry', 'eva', '2026-11-20T12:04:00.000000+00:00');
INSERT INTO credit (id, brand_id, code, minor, currency, expires, action_key, taken_at)
VALUES (1, 1, 'AB12', 500, 'EUR', '2027-06-30', 'k2', '2026-11-20T12:06:00.000000+00:00');
INSERT INTO promise (id, brand_id, case_id, words, due_at, owner)
VALUES (1, 1, 1, 'within two days', '2026-11-22T12:00:00.000000+00:00', 'eva');
INSERT INTO cursor (brand_id, source, cursor, seen_at)
VALUES (1, 'twitter', '{"since": "1001"}', '2026-11-20T12:01:00.000000+00:00');
INSERT INTO audit (id, brand_id, case_id, at, what, by, was, now, hash, detail)
VALUES (1, 1, 1, '2026-11-20T12:01:00.000000+00:00', 'opened', 'file', '', 'open', '', '');
INSERT INTO rollup (brand_id, start, platform, topic, band, language, posts, angry, asks)
VALUES (1, '2026-11-20T12:00:00.000000+00:00', 'twitter', 'order_late', 'negative', 'en', 1, 1, 1);
INSERT INTO spend (brand_id, month, currency, spent) VALUES (1, '2026-11', 'EUR', 500);
INSERT INTO meta (key, value) VALUES ('host', 'a');
INSERT INTO trace (mention_id, brand_id, model, score, compound, negative, neutral, positive, vector)
VALUES (1, 1, '1/abc', 1.5, -0.5, 0.4, 0.6, 0.0, '');
INSERT INTO lesson (brand_id, basis, model, labels, complaints, why_not, learnt_at)
VALUES (1, '', '1/abc', 1, 1, 'too few', '2026-11-20T12:05:00.000000+00:00');
