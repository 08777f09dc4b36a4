/// A row on its way to the world: which operation, on which object, with which parameters.
struct RowCall: Sendable {
    let endpoint: EndpointTemplate
    /// Values of the path's placeholders, in their order.
    let ids: [String]
    var params: [RowLine.Param]
    /// The account acted on.
    let account: String
    let livemode: Bool
    let now: SimulatedTime

    /// The decoded text of a parameter that is a string.
    func text(_ name: String) -> String? {
        params.last { $0.name == name }?.text
    }

    /// Stands for an object of the account and mode acted on.
    func digest(_ noun: String, _ id: String) -> UInt64 {
        let owner = Chance.digest(account) ^ (livemode ? 1 : 0)
        return Chance.mix(Chance.mix(owner) ^ Chance.digest(noun)) ^ Chance.digest(id)
    }
}

extension RowLine.Param {
    /// The decoded text, when the value is a string.
    var text: String? { JSONValue(parsing: json.utf8)?.string }
}

/// What the world answers to a row.
struct RowAnswer: Equatable, Sendable {
    var status: Int
    /// A resource, or `{"error":{…}}`, as JSON text.
    var body: String

    static func ok(_ resource: Resource) -> RowAnswer {
        RowAnswer(status: 200, body: resource.json)
    }

    static func refused(_ status: Int, code: String, _ message: String, param: String? = nil) -> RowAnswer {
        var body = "{\"error\":{\"type\":\"invalid_request_error\",\"code\":" + JSONText.quoted(code)
        if let param { body += ",\"param\":" + JSONText.quoted(param) }
        return RowAnswer(status: status, body: body + ",\"message\":" + JSONText.quoted(message) + "}}")
    }

    static func missing(_ noun: String, _ id: String, param: String = "id") -> RowAnswer {
        refused(404, code: "resource_missing", "No such \(noun): '\(id)'", param: param)
    }
}
