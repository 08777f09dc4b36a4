/// A v1 resource in the making: members in order, with changes laid over them.
struct Resource {
    /// One member: its name, and its value as JSON text.
    typealias Field = (name: String, json: String)

    private var fields: [Field]

    init(_ fields: [Field]) {
        self.fields = fields
    }

    /// Replaces members of the same name, and adds the others.
    mutating func lay(_ params: [RowLine.Param]) {
        for param in params {
            if let index = fields.firstIndex(where: { $0.name == param.name }) {
                fields[index].json = param.json
            } else {
                fields.append((param.name, param.json))
            }
        }
    }

    var json: String { JSONText.object(fields) }
}
