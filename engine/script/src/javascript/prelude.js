// What scripts find in their world beside the language itself. `host` asks the engine.
(function (host, now, names, beans) {
    'use strict';
    const RealDate = Date;
    const construct = Reflect.construct;
    globalThis.Date = new Proxy(RealDate, {
        construct: (target, given, as) => construct(target, given.length ? given : [now], as),
        apply: () => new RealDate(now).toString(),
        get: (target, key) => (key === 'now' ? () => now : target[key]),
    });
    RealDate.prototype.constructor = globalThis.Date;
    let seed = (now % 2147483646) + 1;
    Math.random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;

    // The nearest word for what is not there: unknown methods of the engine's objects are told by the engine.
    const method = /^(get|set|has|remove|add|delete|is|set)[A-Z]/;
    const property = /^(get|is)([A-Z])(.*)$/;
    const bean = (name) =>
        new Proxy(Object.create(null), {
            get(_, key) {
                if (typeof key === 'symbol') return undefined;
                if (key === 'toString' || key === 'valueOf') return () => '[' + name + ']';
                if (key === 'toJSON') return undefined;
                if (key === 'execution' && name === 'task') return globalThis.execution;
                if (method.test(key)) {
                    return (...given) => {
                        const parts = given.length === 0 && property.exec(key);
                        if (parts) return host('property', name, parts[2].toLowerCase() + parts[3], []);
                        return host('call', name, key, given);
                    };
                }
                return host('property', name, key, []);
            },
            set(_, key, value) {
                if (typeof key === 'symbol') return false;
                host('call', name, 'set' + key[0].toUpperCase() + key.slice(1), [value]);
                return true;
            },
        });
    const define = (name, value) =>
        Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
    for (const name of names) {
        // A script that declares or sets the name gets a variable of its own.
        Object.defineProperty(globalThis, name, {
            configurable: true,
            get() {
                const value = host('variable', '', name, []);
                define(name, value);
                return value;
            },
            set(value) {
                define(name, value);
            },
        });
    }
    for (const name of beans) define(name, bean(name));

    class BpmnError extends Error {
        constructor(code, message) {
            super(message === undefined ? String(code) : String(message));
            this.name = 'BpmnError';
            this.errorCode = String(code);
            this.hasMessage = message !== undefined && message !== null;
        }
        getErrorCode() {
            return this.errorCode;
        }
        getMessage() {
            return this.message;
        }
    }
    define('BpmnError', BpmnError);
    const known = 'org.camunda.bpm.engine.delegate.BpmnError';
    const noJava = (name) => {
        throw new Error("Java classes are not available in scripts: '" + name + "'");
    };
    const java = (path) =>
        new Proxy(function () {}, {
            get: (_, key) => {
                if (typeof key === 'symbol') return undefined;
                const longer = path ? path + '.' + key : key;
                return longer === known ? BpmnError : java(longer);
            },
            apply: () => noJava(path),
            construct: () => noJava(path),
        });
    define('Java', { type: (name) => (name === known ? BpmnError : noJava(name)) });
    define('Packages', java(''));
    define('org', java('org'));
    define('java', java('java'));

    const text = (value) => {
        if (typeof value === 'string') return value;
        try {
            return JSON.stringify(value) ?? String(value);
        } catch (_) {
            return String(value);
        }
    };
    const print = (...values) => {
        host('print', '', values.map(text).join(' '), []);
    };
    define('print', print);
    define('console', { log: print, info: print, warn: print, error: print, debug: print });
});
