/// Blank resources, about as large as Stripe's own.
enum Catalog {
    static func customer(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"customer\""), ("address", "null"), ("balance", "0"),
            ("created", created(call)), ("currency", "\"eur\""), ("default_source", "null"),
            ("delinquent", "false"), ("description", "null"), ("discount", "null"),
            ("email", "\"" + shortName(id) + "@example.com\""),
            ("invoice_prefix", "\"8F2A61C4\""),
            ("invoice_settings", Self.invoiceSettings),
            ("livemode", flag(call.livemode)), ("metadata", "{}"), ("name", "\"Customer of the simulator\""),
            ("next_invoice_sequence", "12"), ("phone", "null"), ("preferred_locales", "[\"de\",\"en\"]"),
            ("shipping", "null"), ("tax_exempt", "\"none\""), ("test_clock", "null"),
        ])
    }

    static func account(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"account\""),
            ("business_profile", Self.businessProfile),
            ("business_type", "\"company\""),
            ("capabilities", "{\"card_payments\":\"active\",\"transfers\":\"active\"}"),
            ("charges_enabled", "true"), ("country", "\"DE\""), ("created", created(call)),
            ("default_currency", "\"eur\""), ("details_submitted", "true"), ("email", "null"),
            ("metadata", "{}"), ("payouts_enabled", "true"), ("requirements", Self.requirements),
            ("settings", Self.accountSettings), ("type", "\"standard\""),
        ])
    }

    static func promotionCode(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"promotion_code\""), ("active", "true"),
            ("code", "\"SIMULATED\""), ("created", created(call)), ("customer", "null"),
            ("expires_at", "null"), ("livemode", flag(call.livemode)), ("max_redemptions", "null"),
            ("metadata", "{}"), ("promotion", "{\"coupon\":\"simulated\",\"type\":\"coupon\"}"),
            ("restrictions", Self.restrictions), ("times_redeemed", "0"),
        ])
    }

    static func coupon(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"coupon\""), ("amount_off", "null"),
            ("created", created(call)), ("currency", "null"), ("duration", "\"once\""),
            ("duration_in_months", "null"), ("livemode", flag(call.livemode)), ("max_redemptions", "null"),
            ("metadata", "{}"), ("name", "null"), ("percent_off", "null"), ("redeem_by", "null"),
            ("times_redeemed", "0"), ("valid", "true"),
        ])
    }

    static func subscription(_ id: String, _ call: RowCall) -> Resource {
        let start = call.now.unixSeconds
        return Resource([
            ("id", JSONText.quoted(id)), ("object", "\"subscription\""), ("application", "null"),
            ("automatic_tax", "{\"disabled_reason\":null,\"enabled\":false,\"liability\":null}"),
            ("billing_cycle_anchor", String(start)),
            ("billing_mode", JSONText.isFound("migrated", in: id) ? flexible : classic),
            ("cancel_at", "null"), ("cancel_at_period_end", "false"), ("canceled_at", "null"),
            ("collection_method", "\"charge_automatically\""), ("created", created(call)),
            ("currency", "\"eur\""), ("current_period_end", String(start + 2_592_000)),
            ("current_period_start", String(start)),
            ("customer", "\"cus_of_" + shortName(id) + "\""), ("days_until_due", "null"),
            ("default_payment_method", "null"), ("description", "null"), ("discounts", "[]"),
            ("ended_at", "null"), ("items", Self.items),
            ("latest_invoice", "\"in_1SimulatedInvoice00000000\""),
            ("livemode", flag(call.livemode)), ("metadata", "{}"),
            ("next_pending_invoice_item_invoice", "null"),
            ("on_behalf_of", "null"), ("pause_collection", "null"), ("schedule", "null"),
            ("start_date", String(start)),
            ("status", JSONText.isFound("canceled", in: id) ? "\"canceled\"" : "\"active\""),
            ("trial_end", "null"),
        ])
    }

    static func invoice(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"invoice\""), ("amount_due", "1000"),
            ("amount_paid", "0"), ("attempt_count", "0"), ("auto_advance", "true"),
            ("created", created(call)),
            ("currency", "\"eur\""), ("customer", "\"cus_of_" + shortName(id) + "\""),
            ("livemode", flag(call.livemode)), ("metadata", "{}"), ("number", "\"SIM-0001\""),
            ("status", "\"open\""), ("subtotal", "1000"), ("total", "1000"),
        ])
    }

    static func creditNote(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"credit_note\""), ("amount", "0"),
            ("created", created(call)), ("currency", "\"eur\""), ("livemode", flag(call.livemode)),
            ("metadata", "{}"), ("number", "\"SIM-0001-CN-01\""), ("status", "\"issued\""),
        ])
    }

    static func schedule(_ id: String, _ call: RowCall) -> Resource {
        Resource([
            ("id", JSONText.quoted(id)), ("object", "\"subscription_schedule\""), ("created", created(call)),
            ("end_behavior", "\"release\""), ("livemode", flag(call.livemode)), ("metadata", "{}"),
            ("phases", "[]"), ("status", "\"active\""), ("subscription", "null"),
        ])
    }

    /// Half a year ago.
    private static func created(_ call: RowCall) -> String { String(call.now.unixSeconds - 15_552_000) }

    private static func flag(_ value: Bool) -> String { value ? "true" : "false" }

    /// The part of an id after its prefix, fit for an address.
    private static func shortName(_ id: String) -> String {
        RowLine.isValidID(id) ? id.lowercased() : "someone"
    }

    private static let classic = "{\"type\":\"classic\"}"
    private static let flexible = "{\"type\":\"flexible\"}"
    private static let invoiceSettings =
        "{\"custom_fields\":null,\"default_payment_method\":null,\"footer\":null,\"rendering_options\":null}"
    private static let businessProfile =
        "{\"mcc\":\"5734\",\"name\":\"Simulated GmbH\",\"product_description\":null,\"support_email\":null,"
        + "\"support_phone\":null,\"support_url\":null,\"url\":\"https://example.com\"}"
    private static let requirements =
        "{\"current_deadline\":null,\"currently_due\":[],\"disabled_reason\":null,\"errors\":[],"
        + "\"eventually_due\":[],\"past_due\":[],\"pending_verification\":[]}"
    private static let accountSettings =
        "{\"branding\":{\"icon\":null,\"logo\":null},\"dashboard\":{\"display_name\":\"Simulated\","
        + "\"timezone\":\"Europe/Berlin\"},\"payouts\":{\"debit_negative_balances\":true,"
        + "\"schedule\":{\"delay_days\":7,\"interval\":\"daily\"}}}"
    private static let restrictions =
        "{\"first_time_transaction\":false,\"minimum_amount\":null,\"minimum_amount_currency\":null}"
    private static let items =
        "{\"object\":\"list\",\"data\":[{\"id\":\"si_Simulated00000\",\"object\":\"subscription_item\","
        + "\"price\":{\"id\":\"price_1Simulated000000000000\",\"object\":\"price\",\"currency\":\"eur\","
        + "\"recurring\":{\"interval\":\"month\",\"interval_count\":1},\"unit_amount\":1000},"
        + "\"quantity\":1}],\"has_more\":false,\"total_count\":1}"
}
